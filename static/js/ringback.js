// The ring-back panel: an opened outcome takes the next keystroke, F9 saves what is open and nothing that is folded, a
// mark is one digit, a ready answer fills its field. The page only sets attributes. No words of its own.
"use strict";
(function () {
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
  const outcomes = all("details[data-outcome]");
  function arm(details) {
    all("[data-saves]", details).forEach((button) => {
      if (details.open) button.dataset.key = "F9";
      else delete button.dataset.key;
    });
  }
  outcomes.forEach((details) => {
    arm(details);
    details.addEventListener("toggle", () => arm(details));
  });
  // At once, and not with the browser's own later event: the next keystroke may be a digit, and belongs to the field.
  document.addEventListener("click", (event) => {
    const details = event.target.closest("summary")?.parentElement;
    if (!outcomes.includes(details)) return;
    event.preventDefault();
    details.open = !details.open;
    if (details.open) {
      outcomes.forEach((other) => { if (other !== details) other.open = false; });
      details.querySelector("textarea, select, input:not([type=hidden])")?.focus();
    }
    outcomes.forEach(arm);
  });

  // Where the focus stands on a mark, a digit is a mark; the same digit again takes it back.
  document.addEventListener("keydown", (event) => {
    const digit = event.code?.match(/^(?:Digit|Numpad)([1-5])$/)?.[1];
    const marks = event.target.closest?.("[data-marks]");
    if (!digit || !marks || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const mark = marks.querySelector(`input[value="${digit}"]`);
    mark.checked = !mark.checked;
    mark.focus();
    mark.dispatchEvent(new Event("change", { bubbles: true }));
  }, true);

  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-answer]");
    const field = button && document.getElementById(button.dataset.answer);
    if (!field) return;
    field.value = button.textContent.trim();
    field.dispatchEvent(new Event("change", { bubbles: true }));
    field.focus();
  });
})();
