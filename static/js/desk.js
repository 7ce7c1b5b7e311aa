// The desk's own: outcomes that open.
// Loaded beside app.js; the pages only set attributes. No words of its own.
"use strict";
(function () {
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));

  // ── An opened outcome takes the next keystroke, and closes the others ─────────────────────────────────────────
  all("details[data-outcome]").forEach((details) => details.addEventListener("toggle", () => {
    if (!details.open) return;
    all("details[data-outcome]").forEach((other) => { if (other !== details) other.open = false; });
    details.querySelector("textarea, input:not([type=hidden])")?.focus();
  }));
})();
