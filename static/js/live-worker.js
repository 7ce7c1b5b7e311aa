// One stream for all tabs of this browser (a SharedWorker), or for one tab where browsers have none (a Worker).
// It keeps the whole board, so that a new tab has it at once, and passes hints on. The server speaks every ten seconds at
// least: a stream that is silent for longer is dead, though nothing says so, and another is opened.
"use strict";
(function () {
  const ports = new Set();
  const topics = ["queue", "tickets", "alarms", "outages", "line", "notes"];
  let [url, source, timer, board] = ["", null, null, null];
  const SILENT = 25000;
  let [failures, heardAt] = [0, 0];
  const tell = (message) => ports.forEach((port) => port.postMessage(message));

  function open() {
    clearTimeout(timer);
    timer = null;
    if (source || !url || !ports.size) return;
    source = new EventSource(url);
    heardAt = Date.now();
    ["open", "here", "board", ...topics].forEach((name) => source.addEventListener(name, () => { heardAt = Date.now(); }));
    source.addEventListener("open", () => {
      // While it was away anything may have changed.
      if (failures) tell({ hints: topics.map((topic) => [topic, ""]) });
      failures = 0;
      tell({ state: "open" });
    });
    source.addEventListener("error", () => {
      failures += 1;
      tell({ state: "lost" });
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      shut();
      timer = setTimeout(open, Math.min(1000 * 2 ** failures, 20000));
    });
    source.addEventListener("board", ({ data }) => takeBoard(JSON.parse(data)));
    topics.forEach((topic) => source.addEventListener(topic, ({ data }) => tell({ hints: [[topic, data]] })));
  }
  function takeBoard(told) {
    if (told.base === null) board = told;
    else if (!board || board.number !== told.base) return again();
    else {
      board.parts = { ...board.parts, ...told.parts };
      const rows = { ...board.rows, ...told.rows };
      const names = Object.values(told.lists).flat();
      board.rows = Object.fromEntries(names.map((name) => [name, rows[name]]));
      [board.number, board.lists, board.counts] = [told.number, told.lists, told.counts];
    }
    tell({ board });
  }
  function again() {
    // An edition was missed: a new stream begins with the whole.
    shut();
    open();
  }
  setInterval(() => {
    if (!source || Date.now() - heardAt < SILENT) return;
    failures += 1;
    tell({ state: "lost" });
    again();
  }, 1000);
  function shut() {
    source?.close();
    source = board = null;
  }
  function serve(port) {
    port.onmessage = ({ data }) => {
      if (data.leaves) {
        ports.delete(port);
        if (!ports.size) shut();
        return;
      }
      ports.add(port);
      url = data.url;
      open();
      if (source?.readyState === EventSource.OPEN) port.postMessage({ state: "open" });
      if (board) port.postMessage({ board });
    };
  }
  if ("onconnect" in self) self.onconnect = (event) => serve(event.ports[0]);
  else serve(self);
})();
