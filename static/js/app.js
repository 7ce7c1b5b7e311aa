// One script for all pages: clocks, keys, drafts, quiet lists, alarms, a lost connection, an ended session (boot.js: theme).
// Pages only set attributes (data-…); the words come from base.html. No build, no inline code, strict CSP.
"use strict";
(function () {
  const { body } = document;
  const all = (selector, within = document) => (within.matches?.(selector) ? [within] : []).concat(...within.querySelectorAll(selector));
  const words = JSON.parse(document.getElementById("words")?.textContent || "{}");
  const store = {
    get(name) { try { return localStorage.getItem(name); } catch { return null; } },
    set(name, value) { try { localStorage.setItem(name, value); } catch { /* private mode: works without memory */ } },
    drop(name) { try { localStorage.removeItem(name); } catch { /* same */ } },
    names() { try { return Object.keys(localStorage); } catch { return []; } },
  };
  function make(tag, css = "", text = "", role = "") {
    const element = document.createElement(tag);
    element.className = css;
    element.textContent = text;
    if (role) element.setAttribute("role", role);
    return element;
  }
  const announce = (text) => { document.getElementById("announcer").textContent = text; };

  // ── Clocks, by the server's time ─────────────────────────────────────────────────────────────────────────────
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

  // ── Buttons of the shell ─────────────────────────────────────────────────────────────────────────────────────
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-help]")) showHelp();
    const menu = event.target.closest("[data-menu]");
    if (menu) menu.setAttribute("aria-expanded", String(menu.getAttribute("aria-expanded") !== "true"));
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    if (event.target.closest("[data-print]")) window.print();
  });

  // ── Keys, by their place on the keyboard and not by the layout ───────────────────────────────────────────────
  // What lies folded in a closed <details> has a place on the page, but nobody sees it.
  const visible = (element) => element.getClientRects().length > 0 && element.checkVisibility();
  const keyOf = (event) => (event.code || event.key).replace(/^(Digit|Numpad)(?=\d$|Enter)/, "");
  const TYPED = "input:not([type=radio],[type=checkbox],[type=button],[type=submit]), textarea, select, [contenteditable=true]";
  const isTyping = () => Boolean(document.activeElement?.matches(TYPED));
  const openDialog = () => all("dialog[open]").pop();
  function keyTarget(key) {
    const within = openDialog() || document;
    const found = all(`[data-key="${CSS.escape(key)}"]`, within).filter((element) => !element.disabled);
    return found.find(visible) || found[0];
  }
  function press(element) {
    if (element.matches(TYPED)) {
      element.focus();
      element.select?.();
    } else if (element.matches("summary, a[href], button, label, input")) element.click();
    else element.focus();
  }
  function showHelp() {
    const dialog = document.getElementById("help");
    const list = document.getElementById("help-keys");
    all("[data-from-page]", list).forEach((row) => row.remove());
    const named = new Map();
    all("[data-key]").filter(visible).forEach((element) => {
      const copy = element.cloneNode(true);
      all("kbd, .visually-hidden, svg, .side-count", copy).forEach((part) => part.remove());
      const label = element.dataset.keyLabel || element.ariaLabel || copy.textContent || element.labels?.[0]?.textContent;
      if (element.dataset.key !== "Escape") named.set(element.dataset.key, (label || element.placeholder || "").trim().replace(/\s+/g, " "));
    });
    for (const [key, label] of [...named].sort().reverse()) {
      const [dt, dd] = [make("dt"), make("dd", "", label)];
      dt.append(make("kbd", "key", key));
      [dt, dd].forEach((row) => { row.dataset.fromPage = ""; });
      list.prepend(dt, dd);
    }
    if (!dialog.open) dialog.showModal();
  }
  const isUnsaved = (form) => form && !form.dataset.draft && all("input, textarea", form).some(
    (field) => field.type !== "hidden" && "defaultValue" in field && !/radio|checkbox/.test(field.type) && field.value !== field.defaultValue);
  document.addEventListener("keydown", (event) => {
    parkPointer(event.target);
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const key = keyOf(event);
    if (key === "F1") {
      event.preventDefault();
      showHelp();
    } else if (key === "Escape") {
      if (openDialog() || event.defaultPrevented) return; // the browser closes it
      const step = document.activeElement?.closest("details[open].step");
      if (step) {
        step.open = false;
        return step.querySelector("summary").focus();
      }
      const back = keyTarget("Escape");
      if (isTyping() && (!back || isUnsaved(document.activeElement.form))) document.activeElement.blur();
      else if (back) press(back);
    } else if (key === "Enter" && event.target.matches("form[data-enter=next] input, form[data-enter=next] select")) {
      moveForward(event);
    } else if (/^F\d+$/.test(key) || (/^\d$/.test(key) && !isTyping() && !event.shiftKey)) {
      const target = keyTarget(key);
      if (!target) return;
      event.preventDefault();
      if (!event.repeat) press(target);
    }
  });
  function moveForward(event) {
    if (event.defaultPrevented) return; // a list of suggestions has taken the key
    event.preventDefault();
    const fields = Array.from(event.target.form.elements).filter(
      (field) => visible(field) && !field.disabled && field.tabIndex >= 0 && !field.matches("fieldset, [data-skip]"));
    // Of a group of radio buttons, one is a stop.
    const stops = fields.filter((field) => field.type !== "radio" || field === event.target || field.checked
      || (field.name !== event.target.name && fields.find((other) => other.name === field.name) === field));
    const next = stops.slice(stops.indexOf(event.target) + 1).find((field) => field.type !== "radio" || field.name !== event.target.name);
    next?.focus();
  }

  // ── A form is sent once ──────────────────────────────────────────────────────────────────────────────────────
  const unlock = (form) => {
    delete form.dataset.sending;
    form.removeAttribute("aria-busy");
    all("[data-locked]", form).forEach((button) => {
      delete button.dataset.locked;
      button.disabled = false;
    });
  };
  const lock = (form) => {
    form.dataset.sending = "";
    form.setAttribute("aria-busy", "true");
    // After this turn, so that the pressed button's own name and value are still sent.
    setTimeout(() => all("button:not([type=button]):not(:disabled), input[type=submit]:not(:disabled)", form).forEach((button) => {
      if (!("sending" in form.dataset)) return;
      button.dataset.locked = "";
      button.disabled = true;
    }), 0);
    setTimeout(unlock, 20000, form);
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if ("sending" in form.dataset) return event.preventDefault();
    if (!navigator.onLine) {
      event.preventDefault();
      return connectionLost();
    }
    if ("forgetDrafts" in form.dataset) store.names().filter((name) => name.startsWith(draftPrefix)).forEach(store.drop);
    lock(form);
  });
  window.addEventListener("pageshow", () => all("form[data-sending]").forEach(unlock));

  // ── Drafts: what is typed outlives a reload, a crash, an ended session ───────────────────────────────────────
  const draftPrefix = `draft:${body.dataset.user}:`;
  const draftName = (form) => draftPrefix + form.dataset.draft;
  const isKept = (field) => field.name && !field.closest("[data-no-draft]") && field.name !== "csrfmiddlewaretoken" && !/password|file|submit|button/.test(field.type);
  const fieldsOf = (form) => Array.from(form.elements).filter(isKept);
  const stateOf = (field) => (/radio|checkbox/.test(field.type) ? field.checked : field.multiple ? Array.from(field.selectedOptions, (option) => option.value) : field.value);
  function keepDraft(form) {
    const values = fieldsOf(form).map((field) => [field.name, /radio|checkbox/.test(field.type) ? field.value : null, stateOf(field)]);
    store.set(draftName(form), JSON.stringify({ at: Date.now(), values }));
  }
  function restoreDraft(form) {
    if ("draftReady" in form.dataset) return;
    form.dataset.draftReady = "";
    const draft = JSON.parse(store.get(draftName(form)) || "null");
    if (!draft) return;
    if (Date.now() - draft.at > 14 * 3600 * 1000) return store.drop(draftName(form));
    const changed = [];
    for (const [name, choice, value] of draft.values) {
      const field = fieldsOf(form).find((one) => one.name === name && (choice === null || one.value === choice));
      if (!field || JSON.stringify(stateOf(field)) === JSON.stringify(value)) continue;
      if (choice !== null) field.checked = value;
      else if (Array.isArray(value)) Array.from(field.options).forEach((option) => { option.selected = value.includes(option.value); });
      else field.value = value;
      if (field.type !== "hidden") changed.push(field);
    }
    if (!changed.length) return;
    const note = make("p", "draft-note", `${words.restored} `, "status");
    const button = make("button", "btn btn-sm", words.forget);
    button.type = "button";
    button.addEventListener("click", () => { store.drop(draftName(form)); form.reset(); note.remove(); });
    note.append(button);
    form.prepend(note);
    changed.forEach((field) => field.dispatchEvent(new Event("change", { bubbles: true })));
  }
  function dropSavedDrafts(within) {
    all('meta[name="draft-saved"], [data-draft-saved]', within).forEach((mark) => store.drop(draftPrefix + (mark.content || mark.dataset.draftSaved)));
  }
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && "draft" in form.dataset && event.isTrusted) keepDraft(form);
  });
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form && "draft" in form.dataset && "draftReady" in form.dataset) keepDraft(form);
  });
  document.addEventListener("draft-saved", (event) => store.drop(draftPrefix + (event.detail?.value ?? event.detail)));

  // ── A list never moves under the pointer ─────────────────────────────────────────────────────────────────────
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
    soundAlarms(fresh);
    if (!held) list.prepend(make("p", "quiet-note", words.quiet, "status"));
    held = { list, request: { ...requestConfig, target } };
  });

  // ── Alarms ───────────────────────────────────────────────────────────────────────────────────────────────────
  // What was heard is remembered across pages and tabs: an alarm sounds when it is new, then once a minute.
  const heard = new Map(JSON.parse(store.get("heard") || "[]").filter(([, at]) => Date.now() - at < 24 * 3600 * 1000));
  const hear = (name) => store.set("heard", JSON.stringify([...heard.set(name, Date.now())]));
  let speaker = null;
  function beep() {
    store.set("beeped", Date.now());
    if (document.documentElement.dataset.sound === "off") return;
    speaker ||= new AudioContext();
    if (speaker.state === "suspended") {
      speaker.resume();
      announce(words.sound_blocked);
    }
    [880, 660, 880].forEach((pitch, index) => {
      const [tone, volume] = [speaker.createOscillator(), speaker.createGain()];
      const at = speaker.currentTime + index * 0.22;
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, at);
      volume.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.2);
      tone.connect(volume).connect(speaker.destination);
      tone.start(at);
      tone.stop(at + 0.21);
    });
  }
  const { title } = document;
  function soundAlarms(within = document) {
    const alarms = all("[data-alarm]", within);
    const fresh = alarms.filter((alarm) => !heard.has(alarm.dataset.alarm));
    fresh.forEach((alarm) => hear(alarm.dataset.alarm));
    if (fresh.length) {
      beep();
      announce(`${words.alarm}: ${fresh.map((alarm) => alarm.dataset.alarmText || alarm.textContent.trim().replace(/\s+/g, " ")).join("; ")}`);
    }
    if (within !== document) return;
    document.title = alarms.length ? `(${alarms.length}) ${title}` : title;
  }
  // Reminded every minute until somebody has answered for it.
  setInterval(() => { if (document.querySelector("[data-alarm]") && Date.now() - store.get("beeped") > 60000) beep(); }, 3000);

  // ── The connection, and the session ──────────────────────────────────────────────────────────────────────────
  const bar = document.getElementById("connection");
  let asking = null;
  function connectionLost() {
    if (!bar.hidden && asking) return;
    bar.hidden = false;
    bar.dataset.state = "lost";
    bar.textContent = words.lost;
    clearInterval(asking);
    asking = setInterval(askServer, 3000);
  }
  function connectionFound() {
    if (!asking) return;
    clearInterval(asking);
    asking = null;
    bar.dataset.state = "found";
    bar.textContent = words.found;
    setTimeout(() => { if (!asking) bar.hidden = true; }, 3000);
    all("[data-refresh]").forEach((part) => window.htmx.trigger(part, "refresh"));
  }
  async function askServer() {
    try {
      const answer = await fetch(body.dataset.health, { cache: "no-store", signal: AbortSignal.timeout(2500) });
      adjustTo(answer.headers.get("Date"));
      if (answer.status < 502) connectionFound(); // 503: without its database it can keep nothing
    } catch { /* still away */ }
  }
  window.addEventListener("offline", connectionLost);
  window.addEventListener("online", askServer);
  ["htmx:sendError", "htmx:timeout"].forEach((name) => document.addEventListener(name, connectionLost));
  document.addEventListener("htmx:responseError", (event) => {
    const { status } = event.detail.xhr;
    if (status >= 502 && status <= 504) connectionLost();
    else if (status === 401) askToSignIn();
    else notify(status === 404 ? words.gone : words.failed);
  });
  function notify(text) {
    const message = make("div", "message", text, "alert");
    message.dataset.level = "error";
    (document.getElementById("messages") || body).append(message);
  }
  const isLoginPage = (url) => Boolean(url) && new URL(url, location.href).pathname === body.dataset.login;
  function askToSignIn() {
    const dialog = document.getElementById("relogin");
    if (!dialog) location.assign(body.dataset.login);
    else if (!dialog.open) dialog.showModal();
  }
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (!isLoginPage(xhr.responseURL) || isLoginPage(location.href)) return;
    event.detail.shouldSwap = false;
    askToSignIn();
  });
  const cookie = (name) => document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) || "";
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-relogin]");
    if (!form) return;
    event.preventDefault();
    const error = form.querySelector("[data-relogin-error]");
    try {
      await fetch(form.action, { credentials: "same-origin" }); // sets the cookie of the check below
      const request = { method: "POST", body: new FormData(form), headers: { "X-CSRFToken": cookie("csrftoken") } };
      const answer = await fetch(form.action, { ...request, redirect: "manual" });
      const isIn = answer.type === "opaqueredirect"; // to the landing page, which nobody needs now
      error.hidden = isIn;
      error.textContent = answer.status === 429 ? words.locked : words.wrong_password;
      form.reset();
      if (!isIn) return;
      // Forms drawn before carry the old key.
      all("input[name=csrfmiddlewaretoken]").forEach((field) => { field.value = cookie("csrftoken"); });
      form.closest("dialog").close();
      all("[data-refresh]").forEach((part) => window.htmx.trigger(part, "refresh"));
    } catch { connectionLost(); }
  }, true);
  document.addEventListener("htmx:configRequest", (event) => { event.detail.headers["X-CSRFToken"] = cookie("csrftoken"); });
  const sentBy = (element) => element.matches("form, button") && element.closest("form[method=post], form[hx-post]"); // not a field asking for a part
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = sentBy(event.target);
    if (form && event.detail.requestConfig.verb !== "get") lock(form);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = sentBy(event.target);
    if (form?.isConnected && "sending" in form.dataset) unlock(form);
    if (!event.detail.successful) return;
    connectionFound();
    adjustTo(event.detail.xhr.getResponseHeader("Date"));
  });
  // Asked before htmx would queue a second request behind the first one.
  document.addEventListener("htmx:confirm", (event) => { if (event.target.closest("form[data-sending]")) event.preventDefault(); });

  // ── A page, or a part of it, has arrived ─────────────────────────────────────────────────────────────────────
  function settle(within) {
    dropSavedDrafts(within);
    all("form[data-draft]", within).forEach(restoreDraft);
    showClocks(within);
    soundAlarms();
    // Where the next keystroke belongs: a marked place, else the first field that is wrong.
    (all("[data-focus]", within)[0] || all("[aria-invalid=true]", within)[0])?.focus();
  }
  document.addEventListener("htmx:load", (event) => { if (event.detail.elt !== body) settle(event.detail.elt); });
  settle(document);
  if (!isFresh) askServer();
  tick();
})();
