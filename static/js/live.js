// What changes while a page is open. Parts with data-live="queue tickets" are read again as soon as one of these topics
// changes (data-live-key="26-000123": only when that ticket did; data-live-every="5": at most once in so many seconds).
// Parts with data-part and lists with data-list are of the board, which comes by itself; where the stream is blocked it
// is asked for every few seconds. Times with data-since are counted here.
"use strict";
(function () {
  const { worker, url, board: boardUrl } = document.currentScript.dataset;
  const { body } = document;
  if (!body.dataset.user || !window.htmx || !window.Worker) return;
  const link = window.SharedWorker ? new SharedWorker(worker).port : new Worker(worker);
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
  const cookie = (name) => document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) || "";
  const ASK_EVERY = 4000;

  // ── Hints ────────────────────────────────────────────────────────────────────────────────────────────────────
  const waiting = new Map();
  const readAt = new WeakMap();
  let timer = null;
  const concerns = (part, topic, keys) => part.dataset.live.split(" ").includes(topic)
    && (!part.dataset.liveKey || keys.has("") || keys.has(part.dataset.liveKey));
  function refresh() {
    timer = null;
    let rest = Infinity;
    const stale = new Set();
    for (const [topic, keys] of waiting) {
      // A tab that nobody looks at reads only what may have to sound.
      if (document.hidden && topic !== "alarms") continue;
      waiting.delete(topic);
      all("[data-live]").filter((part) => concerns(part, topic, keys)).forEach((part) => stale.add(part));
    }
    stale.forEach((part) => {
      const wait = (readAt.get(part) || 0) + 1000 * (part.dataset.liveEvery || 0) - Date.now();
      if (wait > 0) {
        rest = Math.min(rest, wait);
        part.dataset.live.split(" ").forEach((topic) => hint(topic, part.dataset.liveKey || ""));
        return;
      }
      readAt.set(part, Date.now());
      window.htmx.trigger(part, "refresh");
    });
    if (rest < Infinity) timer = setTimeout(refresh, rest);
  }
  function hint(topic, data) {
    const keys = waiting.get(topic) || new Set();
    (data ? data.split(" ") : [""]).forEach((key) => keys.add(key));
    waiting.set(topic, keys);
  }
  // A hundred screens hear the same hint in the same moment: they do not all ask in it.
  const soon = () => { timer ??= setTimeout(refresh, Math.random() * 200); };

  // ── The board ────────────────────────────────────────────────────────────────────────────────────────────────
  const drawn = new Map();
  let held = null;
  const rowOf = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    const row = template.content.firstElementChild;
    if (row.dataset.holder === body.dataset.user) row.dataset.mine = "";
    all("input[name=csrfmiddlewaretoken]", row).forEach((field) => { field.value = cookie("csrftoken"); });
    return row;
  };
  const arrive = (element) => {
    window.htmx.process(element);
    element.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true, detail: { elt: element } }));
    countSilences(element);
  };
  // Somebody types in it, has unfolded it or stands on it.
  const isInUse = (row) => row.contains(document.activeElement) || Boolean(row.querySelector("details[open]"));
  function showBoard(board) {
    for (const [key, count] of Object.entries(board.counts)) {
      const place = document.getElementById(`count-${key}`);
      if (place && place.textContent !== count) place.textContent = count;
    }
    all("[data-part]").forEach((place) => {
      const html = board.parts[place.dataset.part];
      if (html === undefined || drawn.get(place) === html) return;
      drawn.set(place, html);
      place.innerHTML = html;
      arrive(place);
    });
    const lists = all("[data-list]");
    held = lists.map((list) => showList(list, board)).includes(false) ? board : null;
    document.getElementById("board-waits")?.toggleAttribute("hidden", !held);
    if (lists.length) showMine();
  }
  // Rows change where they stand; coming, going and another order wait until nobody points at the list.
  function showList(list, board) {
    const names = board.lists[list.dataset.list] || [];
    const rows = new Map(Array.from(list.children, (row) => [row.id, row]));
    const isQuiet = !window.centre.isBusy(list);
    for (const [name, row] of rows) {
      const html = board.rows[name];
      if (html === undefined || !names.includes(name)) {
        row.dataset.gone = "";
        all("button, a", row).forEach((control) => { control.inert = true; });
      } else if (drawn.get(name) !== html && !isInUse(row)) {
        const fresh = rowOf(html);
        drawn.set(name, html);
        row.replaceWith(fresh);
        rows.set(name, fresh);
        arrive(fresh);
      }
    }
    const changes = names.length !== rows.size || names.some((name, at) => list.children[at]?.id !== name);
    if (!changes) return true;
    if (!isQuiet) return false;
    let coming = null;
    names.forEach((name, at) => {
      let row = rows.get(name);
      if (!row) {
        row = rowOf(board.rows[name]);
        drawn.set(name, board.rows[name]);
        rows.set(name, row);
        if (at === 0) coming = row;
        list.insertBefore(row, list.children[at] || null);
        arrive(row);
      } else if (list.children[at] !== row) list.insertBefore(row, list.children[at] || null);
    });
    for (const [name, row] of rows) if (!names.includes(name)) { row.remove(); drawn.delete(name); }
    const card = list.closest("section");
    if (card.id === list.dataset.list) card.hidden = !names.length;
    // Whoever looks elsewhere hears that something more urgent has come.
    if (coming) window.centre.announce(coming.querySelector(".queue-problem")?.textContent.trim().replace(/\s+/g, " ") || "");
    return true;
  }
  function showMine() {
    const note = document.querySelector("[data-mine-note]");
    if (!note) return;
    const row = document.querySelector(".queue-row[data-mine]");
    note.hidden = !row;
    if (!row) return;
    note.querySelector("[data-mine-what]").textContent = row.querySelector(".queue-problem a, .queue-problem b")?.textContent.trim() || "";
    note.querySelector("[data-mine-link]").href = row.querySelector(".held-mine").href;
  }
  const release = () => { if (held) showBoard(held); };
  ["pointerout", "focusout", "keydown"].forEach((name) => document.addEventListener(name, () => setTimeout(release, 150)));

  // ── Where the stream is blocked ──────────────────────────────────────────────────────────────────────────────
  let tag = "";
  async function ask() {
    if (body.dataset.stream === "open" || !boardUrl || document.hidden || !document.querySelector("[data-part], [data-list]")) return;
    try {
      const answer = await fetch(boardUrl, { headers: tag ? { "If-None-Match": tag } : {}, signal: AbortSignal.timeout(4000) });
      if (answer.status === 200 && !answer.redirected) {
        tag = answer.headers.get("ETag");
        showBoard(await answer.json());
      }
    } catch { /* the next turn asks again; the page says that the connection is lost */ }
    ["queue", "tickets", "alarms", "outages", "line", "notes"].forEach((topic) => hint(topic, ""));
    soon();
  }
  setInterval(ask, ASK_EVERY);

  // ── How long somebody has been silent ────────────────────────────────────────────────────────────────────────
  function countSilences(within = document) {
    all("[data-since]", within).forEach((place) => {
      const text = window.centre.lengthSince(Date.parse(place.dataset.since));
      if (place.textContent !== text) place.textContent = text;
    });
  }
  setInterval(countSilences, 1000);

  link.onmessage = ({ data }) => {
    if (data.state) body.dataset.stream = data.state;
    if (data.board) showBoard(data.board);
    (data.hints || []).forEach(([topic, key]) => hint(topic, key));
    if (waiting.size) soon();
  };
  document.addEventListener("visibilitychange", () => { if (waiting.size) soon(); });
  const join = () => link.postMessage({ url });
  window.addEventListener("pagehide", () => link.postMessage({ leaves: true }));
  window.addEventListener("pageshow", (event) => { if (event.persisted) join(); });
  join();
})();
