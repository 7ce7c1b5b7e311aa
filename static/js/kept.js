// What somebody typed, ticked or unfolded in a live list outlives its refresh: it is put back where it stood.
"use strict";
(function () {
  const PARTS = "input:not([type=hidden]), textarea, select, details";
  const isTicked = (part) => /radio|checkbox/.test(part.type);
  // A part without an id of its own is the first of its kind in whatever has one.
  const place = (part) => part.id || `${part.closest("[id]").id} ${part.localName}${part.name ? `[name=${part.name}]` : ""}`;
  const find = (name) => document.getElementById(name) || document.querySelector(`#${name}`);
  let kept = new Map();

  function stateOf(part) {
    if (part.localName === "details") return part.open;
    if (isTicked(part)) return part.checked === part.defaultChecked ? undefined : part.checked;
    if (part.localName === "select") return part.selectedOptions[0]?.defaultSelected ? undefined : part.value;
    return part.value === part.defaultValue ? undefined : part.value;
  }
  function putBack(part, state) {
    if (part.localName === "details") part.open = state;
    else if (isTicked(part)) part.checked = state;
    else part.value = state;
  }
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (!detail.shouldSwap || !detail.target.closest("[data-quiet]")) return;
    kept = new Map(Array.from(detail.target.querySelectorAll(PARTS), (part) => [place(part), stateOf(part)]));
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const [name, state] of kept) {
      const part = state === undefined ? null : find(name);
      if (part) putBack(part, state);
    }
    kept = new Map();
  });

  // One box ticks all of its card.
  document.addEventListener("change", ({ target }) => {
    if (!target.matches("[data-check-all]")) return;
    target.closest(".card").querySelectorAll(`[name="${CSS.escape(target.dataset.checkAll)}"]`).forEach((box) => { box.checked = target.checked; });
  });
})();
