// A list never moves under the pointer.
"use strict";
(function () {
  const { all, words, make } = window.centre;
  // A pointer left lying on the list while somebody types elsewhere is parked: it holds nothing until it moves.
  let [pointerIsParked, held] = [false, null];
  function parkPointer(target) {
    if (!target.closest("[data-quiet]")) pointerIsParked = true;
    release();
  }
  document.addEventListener("pointermove", () => { pointerIsParked = false; }, { passive: true });
  const isBusy = (list) => (!pointerIsParked && list.matches(":hover")) || Boolean(list.querySelector(":focus-visible"));
  function release() {
    if (!held || (held.list.isConnected && isBusy(held.list))) return;
    const { list, request } = held;
    held = null;
    all(".quiet-note").forEach((note) => note.remove());
    if (list.isConnected) window.htmx.ajax("GET", request.path, { source: request.elt, target: request.target });
  }
  ["pointerout", "focusout"].forEach((name) => document.addEventListener(name, () => setTimeout(release, 150)));
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { requestConfig, target, serverResponse } = event.detail;
    const list = target.closest("[data-quiet]");
    const isOwnDeed = requestConfig?.triggeringEvent?.isTrusted;
    if (!list || requestConfig?.verb !== "get" || isOwnDeed || !event.detail.shouldSwap || !isBusy(list)) return;
    event.detail.shouldSwap = false;
    const fresh = new DOMParser().parseFromString(serverResponse, "text/html");
    window.centre.soundAlarms(fresh);
    if (!held) list.prepend(make("p", "quiet-note", words.quiet, "status"));
    held = { list, request: { ...requestConfig, target } };
  });
  Object.assign(window.centre, { isBusy, parkPointer });
})();
