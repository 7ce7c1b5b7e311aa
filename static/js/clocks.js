// Clocks, by the server's time.
"use strict";
(function () {
  const { all, words } = window.centre;
  const [arrival] = performance.getEntriesByType("navigation");
  const renderedAt = Date.parse(document.querySelector('meta[name="server-time"]')?.content);
  // A page taken from the browser's cache (the Back button) carries an old moment: then the server is asked.
  const isFresh = renderedAt && arrival?.transferSize > 0 && arrival.type !== "back_forward";
  let ahead = isFresh ? renderedAt - performance.timeOrigin - arrival.responseStart : 0;
  const serverNow = () => Date.now() + ahead;
  function adjustTo(dateHeader) {
    // The header knows whole seconds: only a real difference counts (sleep, a corrected clock of this computer).
    const sentAt = Date.parse(dateHeader) + 500;
    if (Math.abs(sentAt - serverNow()) > 2000) ahead = sentAt - Date.now();
  }
  function length(ms) {
    const seconds = Math.floor(Math.abs(ms) / 1000);
    const two = (number) => String(number).padStart(2, "0");
    if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
    const [h, m] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
    if (h < 24) return words.hours.replace("{h}", h).replace("{m}", two(m));
    return words.days.replace("{d}", Math.floor(h / 24)).replace("{h}", h % 24);
  }
  const put = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };
  function showClock(clock) {
    const left = Date.parse(clock.dataset.due) - serverNow();
    const state = left <= 0 ? "late" : left <= 1000 * (clock.dataset.warn || 180) ? "soon" : "calm";
    if (clock.dataset.state !== state) {
      clock.dataset.state = state;
      clock.dispatchEvent(new CustomEvent("clock:state", { bubbles: true, detail: { state } }));
    }
    put(clock.querySelector(".clock-word"), left <= 0 ? words.late : words.left);
    put(clock.querySelector(".clock-length"), length(left));
  }
  const showClocks = (within = document) => all("[data-clock]", within).forEach(showClock);
  function tick() {
    showClocks();
    setTimeout(tick, 1000 - (serverNow() % 1000) + 5);
  }
  const lengthSince = (moment) => length(serverNow() - moment);
  Object.assign(window.centre, { isFresh, adjustTo, showClocks, tick, lengthSince });
})();
