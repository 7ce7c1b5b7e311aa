// One stream of hints for all tabs of this browser (a SharedWorker), or for one tab where browsers have none (a Worker).
"use strict";
(function () {
  const ports = new Set();
  const topics = ["queue", "tickets", "alarms"];
  let url = "";
  let source = null;
  let failures = 0;
  let timer = null;
  const tell = (message) => ports.forEach((port) => port.postMessage(message));

  function open() {
    clearTimeout(timer);
    timer = null;
    if (source || !url || !ports.size) return;
    source = new EventSource(url);
    source.addEventListener("open", () => {
      // While it was away anything may have changed.
      if (failures) tell({ topics });
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
    topics.forEach((topic) => source.addEventListener(topic, () => tell({ topics: [topic] })));
  }
  function shut() {
    source?.close();
    source = null;
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
    };
  }
  if ("onconnect" in self) self.onconnect = (event) => serve(event.ports[0]);
  else serve(self);
})();
