// Parts with data-live="queue tickets" are read again as soon as one of these topics changes; polling is the net below.
"use strict";
(function () {
  const { worker, url } = document.currentScript.dataset;
  if (!document.body.dataset.user || !window.htmx || !window.Worker) return;
  const link = window.SharedWorker ? new SharedWorker(worker).port : new Worker(worker);
  const waiting = new Set();
  let timer = null;

  function refresh() {
    timer = null;
    // A tab that nobody looks at reads only what may have to sound.
    const now = [...waiting].filter((topic) => !document.hidden || topic === "alarms");
    now.forEach((topic) => waiting.delete(topic));
    if (!now.length) return;
    const parts = document.querySelectorAll(now.map((topic) => `[data-live~="${topic}"]`).join(","));
    parts.forEach((part) => window.htmx.trigger(part, "refresh"));
  }
  function soon() {
    // A hundred screens hear the same hint in the same moment: they do not all ask in it.
    timer ??= setTimeout(refresh, Math.random() * 200);
  }
  link.onmessage = ({ data }) => {
    if (data.state) document.body.dataset.stream = data.state;
    (data.topics || []).forEach((topic) => waiting.add(topic));
    if (waiting.size) soon();
  };
  document.addEventListener("visibilitychange", () => { if (waiting.size) soon(); });
  const join = () => link.postMessage({ url });
  window.addEventListener("pagehide", () => link.postMessage({ leaves: true }));
  window.addEventListener("pageshow", (event) => { if (event.persisted) join(); });
  join();
})();
