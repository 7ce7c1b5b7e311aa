// The list of tickets by the keyboard: rows, pages, back to the box; and the order of the columns. No words of its own.
"use strict";
(function () {
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
  const found = document.getElementById("found");
  const box = document.querySelector(".search-line input[name=text]");
  const links = () => all("[data-row]", found).map((row) => row.querySelector(".row-link"));
  const here = () => links().findIndex((link) => link.closest("tr").contains(document.activeElement));
  const go = (to) => links().at(Math.max(0, Math.min(to, links().length - 1)))?.focus();
  const TYPED = "input:not([type=radio],[type=checkbox]), textarea, select";

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || document.querySelector("dialog[open]")) return;
    const inBox = event.target === box;
    const inList = found.contains(event.target);
    const typing = event.target.matches(TYPED) || Boolean(event.target.closest("details[open]"));
    const [down, up] = [["ArrowDown", "KeyJ"], ["ArrowUp", "KeyK"]].map((keys) => keys.includes(event.code));
    if (event.code === "ArrowDown" && inBox) go(0);
    else if (event.code === "Escape" && inList) { box.focus(); box.select(); }
    else if (typing && !(inBox && /^Page/.test(event.code))) return;
    else if (down) go(here() + 1);
    else if (up && here() > 0) go(here() - 1);
    else if (up && inList) box.focus();
    else if (event.code === "PageDown" || event.code === "PageUp") {
      const link = document.querySelector(`[data-key="${event.code}"]`);
      if (!link) return;
      link.click();
    } else return;
    event.preventDefault();
  }, true);

  // A leafed or found list is read with the next keystroke; an empty one is asked anew.
  const asked = new URLSearchParams(location.search);
  if (["q", "after", "before"].some((name) => asked.has(name)) && links().length) go(0);
  else if (!document.querySelector("details.step[open]")) box.focus();

  // The choice of columns comes when it is unfolded.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-column-list] [data-move]");
    const line = button?.closest("li");
    if (!line) return;
    if (button.dataset.move === "up") line.previousElementSibling?.before(line);
    else line.nextElementSibling?.after(line);
    button.focus();
  });
})();
