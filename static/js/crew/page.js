// The page of a foreman: buttons go into the queue, the page keeps itself for a time without network and reads itself again.
"use strict";
(function () {
  const { crew, centre } = window;
  const { all, words, announce } = centre;
  const { body } = document;
  const root = document.documentElement;
  const [REFRESH, PING, KEPT_PAGES] = [30000, 5000, 40];
  const [SHELL, pages] = ["crew-shell", `crew-pages-${crew.person}`];
  const main = () => document.getElementById("main");

  // ── The connection ───────────────────────────────────────────────────────────────────────────────────────────
  let shownAt = document.querySelector('meta[name="server-time"]').content;
  let asking = null;
  function connectionLost() {
    const bar = document.getElementById("offline");
    const [at, today] = [new Date(shownAt), new Date()];
    const day = at.toDateString() === today.toDateString() ? {} : { day: "2-digit", month: "2-digit" };
    bar.querySelector("span").textContent = crew.say(words.offline, { time: at.toLocaleString("ru", { ...day, hour: "2-digit", minute: "2-digit" }) });
    bar.hidden = false;
    asking ??= setInterval(refresh, PING);
  }
  function connectionFound() {
    clearInterval(asking);
    asking = null;
    document.getElementById("offline").hidden = true;
  }
  window.addEventListener("offline", connectionLost);
  window.addEventListener("online", () => { refresh(); crew.send(); });
  document.addEventListener("crew:lost", connectionLost);
  centre.connectionLost = connectionLost;

  // ── What the telephone keeps ─────────────────────────────────────────────────────────────────────────────────
  const POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";
  // A card is one page, whatever of it was to be unfolded.
  const address = () => location.pathname + (location.pathname.includes("/tickets/") ? "" : location.search);
  let isLeaving = false;
  async function keepPage(html) {
    if (!window.caches || !crew.person || isLeaving) return;
    const kept = await caches.open(pages);
    const headers = { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY };
    await kept.put(address(), new Response(html.replace("<html ", "<html data-kept "), { headers }));
    if (isLeaving) return void caches.delete(pages);
    const names = await kept.keys();
    await Promise.all(names.slice(0, Math.max(0, names.length - KEPT_PAGES)).map((name) => kept.delete(name)));
    centre.store.set("crew-person", crew.person);
    // Whoever had this telephone before has left nothing to read on it.
    const others = (await caches.keys()).filter((name) => name.startsWith("crew-pages-") && name !== pages);
    await Promise.all(others.map((name) => caches.delete(name)));
  }
  async function keepShell() {
    const wanted = new Set(all("script[src], link[rel=stylesheet], link[rel=icon]").map((part) => part.src || part.href));
    all("use").forEach((part) => wanted.add(new URL(part.getAttribute("href"), location.href).href.split("#")[0]));
    const kept = await caches.open(SHELL);
    for (const request of await kept.keys()) if (!wanted.has(request.url) && !request.url.endsWith(body.dataset.offline)) kept.delete(request);
    for (const url of wanted) if (!(await kept.match(url))) await kept.add(url);
    if (!(await kept.match(body.dataset.offline))) await kept.put(body.dataset.offline, await fetch(body.dataset.offline, { credentials: "omit" }));
  }
  async function settleIn() {
    if (!navigator.serviceWorker || !window.caches || !crew.person) return;
    await navigator.serviceWorker.register(body.dataset.worker, { scope: body.dataset.list });
    await keepShell();
    // What waits is not thrown away when the telephone runs short of room.
    await navigator.storage?.persist?.();
  }

  // ── The page reads itself again ──────────────────────────────────────────────────────────────────────────────
  // Somebody types, or has unfolded something: it stays as it is.
  const isInUse = () => Boolean(main().querySelector("details[open], :focus:is(input, textarea, select)")) || Boolean(document.querySelector("dialog[open]"));
  let reading = false;
  async function refresh() {
    if (reading || isLeaving || document.hidden || !crew.person) return;
    reading = true;
    try {
      const answer = await fetch(address(), { headers: { Accept: "text/html" }, cache: "no-store", signal: AbortSignal.timeout(10000) });
      if (answer.status >= 500) return connectionLost();
      centre.adjustTo(answer.headers.get("Date"));
      connectionFound();
      crew.send();
      if (new URL(answer.url).pathname === body.dataset.login) return location.assign(answer.url);
      if (answer.ok) await draw(await answer.text());
    } catch { connectionLost(); } finally { reading = false; }
    return null;
  }
  async function draw(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    if (!fresh.querySelector(`meta[name="kept-for"][content="${crew.person}"]`)) return location.reload();
    shownAt = fresh.querySelector('meta[name="server-time"]').content;
    await keepPage(html);
    if (isInUse()) return null;
    main().replaceChildren(...fresh.getElementById("main").childNodes);
    root.removeAttribute("data-kept");
    await settle();
    return null;
  }
  async function settle() {
    centre.dropSavedDrafts(document);
    all("form[data-draft]").forEach(centre.restoreDraft);
    centre.showClocks();
    centre.soundAlarms();
    await crew.show();
  }
  setInterval(refresh, REFRESH);
  document.addEventListener("visibilitychange", refresh);
  document.addEventListener("crew:sent", () => { announce(words.sent); refresh(); });

  // ── Buttons ──────────────────────────────────────────────────────────────────────────────────────────────────
  const numberOf = (element) => element.closest("[data-ticket]").dataset.ticket;
  async function press(form) {
    const number = numberOf(form);
    const files = form.elements.photos?.files || [];
    const pressedAt = Date.now();
    const shutter = document.querySelector("[data-send-photo]")?.dataset.sendPhoto;
    await crew.keepPhotos(files, { number, url: shutter, stage: "after", title: words.after, pressedAt });
    const fields = Array.from(new FormData(form)).filter(([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken");
    await crew.keep({ kind: "step", number, url: form.dataset.send, title: form.dataset.title, target: form.dataset.target, fields, pressedAt });
    if (form.dataset.draft) document.dispatchEvent(new CustomEvent("draft-saved", { detail: form.dataset.draft }));
    form.reset();
    const step = form.closest("details");
    if (step) step.open = false;
    document.activeElement?.blur();
    announce(words.queued);
    crew.send();
  }
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if ("leaves" in form.dataset) return leave(event, form);
    if (!crew.works || !form.dataset.send) return null;
    event.preventDefault();
    const missing = Array.from(form.elements).find((field) => field.required && !field.value.trim());
    if (missing) return missing.focus();
    // A telephone that keeps nothing: while there is a network the form goes as a form.
    return press(form).catch(() => { if (navigator.onLine) HTMLFormElement.prototype.submit.call(form); });
  }, true);
  document.addEventListener("change", async ({ target }) => {
    const form = target.closest("[data-send-photo]");
    if (!form || !target.files?.length) return;
    if (!crew.works) return form.requestSubmit();
    const stage = form.elements.stage.value;
    try {
      await crew.keepPhotos(target.files, { number: numberOf(form), url: form.dataset.sendPhoto, stage, title: words[stage] });
      form.reset();
      announce(words.queued);
      crew.send();
    } catch { /* said by crew:no-room */ }
  });
  document.addEventListener("crew:no-room", () => {
    const message = centre.make("div", "message", words.no_room, "alert");
    message.dataset.level = "error";
    main().prepend(message);
  });
  // Who leaves takes his pages with him; what he has not sent waits for him.
  async function leave(event, form) {
    event.preventDefault();
    const waiting = (await crew.all()).filter((item) => item.state === "waiting").length;
    if (waiting && !window.confirm(crew.say(words.leaving, { count: waiting }))) return;
    isLeaving = true;
    await window.caches?.delete(pages);
    HTMLFormElement.prototype.submit.call(form);
  }

  // ── The first sight ──────────────────────────────────────────────────────────────────────────────────────────
  const isKept = root.hasAttribute("data-kept");
  if (!isKept && document.querySelector('meta[name="kept-for"]')) keepPage(`<!DOCTYPE html>\n${root.outerHTML}`).catch(() => { /* a telephone without room shows what it has */ });
  settle();
  centre.tick();
  if (isKept) { connectionLost(); refresh(); } else if (!centre.isFresh) refresh();
  crew.send();
  settleIn().catch(() => { /* without it there is a page while there is a network */ });
  const opened = location.hash && document.querySelector(`details${CSS.escape(location.hash).replace("\\#", "#")}`);
  if (opened) opened.open = true;
  if (crew.person && window.EventSource) {
    const source = new EventSource(body.dataset.events);
    ["tickets", "alarms"].forEach((topic) => source.addEventListener(topic, () => setTimeout(refresh, Math.random() * 500)));
  }
})();
