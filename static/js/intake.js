// The intake form: keys of its own, what is filled in by itself, what stands beside it, and the draft on the server.
// Loaded after combo.js; the pages only set attributes. No words of its own.
"use strict";
(function () {
  const form = document.getElementById("intake");
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
  const by = (id) => document.getElementById(id);
  const changed = (field) => field.dispatchEvent(new Event("change", { bubbles: true }));
  const guide = by("guide");

  function fill(id, value) {
    const field = by(id);
    if (!field || field.value === value) return;
    field.value = value;
    changed(field);
  }

  // A form that came back by itself waits for a word: what is typed next may be another caller's.
  by("go-on")?.addEventListener("click", () => {
    const filled = all("input[type=text], textarea", form).filter((field) => field.value && field.checkVisibility());
    (filled.pop() || by("id_phone")).focus();
  });

  // ── Houses ───────────────────────────────────────────────────────────────────────────────────────────────────
  const state = by("address-state");
  const box = document.querySelector("[data-combo=building]");
  function place({ typed, street, house, locality, flat, entrance, floor }) {
    box.toggleAttribute("data-typed", typed);
    state.textContent = typed ? state.dataset.unknown : locality || "";
    fill("id_street", typed ? street : "");
    fill("id_house", typed ? house : "");
    fill("id_locality", (typed && locality) || "");
    if (flat) fill("id_flat", flat);
    if (entrance) fill("id_entrance", entrance);
    if (floor) fill("id_floor", floor);
  }
  document.addEventListener("combo:take", (event) => {
    const { option } = event.detail;
    if (event.target === box) return place({ ...option.dataset, typed: "typed" in option.dataset });
    awaited = option.dataset.danger === undefined ? "" : option.dataset.value;
    return undefined;
  });
  box.addEventListener("combo:clear", () => place({ typed: false }));

  // ── People who rang from this number: one key ────────────────────────────────────────────────────────────────
  document.addEventListener("click", (event) => {
    const person = event.target.closest(".person");
    if (!person) return;
    const told = person.dataset;
    if (told.name) fill("id_caller_name", told.name);
    if (told.house) {
      by("id_address").value = told.address;
      by("id_building").value = told.building;
      place({ ...told, typed: !told.building });
      changed(by("id_building"));
    }
    by("id_category_text").focus();
  });

  // ── The phone is looked up when enough of it is there ────────────────────────────────────────────────────────
  let lookup = null;
  by("id_phone").addEventListener("input", ({ target }) => {
    clearTimeout(lookup);
    lookup = setTimeout(() => window.htmx.trigger(target, "lookup"), target.value.replace(/\D/g, "").length < 5 ? 600 : 120);
  });

  // ── Digits choose among radio buttons that have the focus; by their place on the keyboard ────────────────────
  all("[data-digits]").forEach((group) => group.addEventListener("keydown", (event) => {
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code);
    const choice = digit && all("input[type=radio]", group)[digit[1] - 1];
    if (!choice || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    choice.checked = true;
    changed(choice);
    choice.focus();
    choice.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", code: "Enter", bubbles: true, cancelable: true }));
  }));
  // Enter goes on from the description as well; a new line is Shift+Enter.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.ctrlKey || event.isComposing || !event.target.matches("textarea")) return;
    event.preventDefault();
    by("id_caller_name").focus();
  });

  // ── Beside the form ──────────────────────────────────────────────────────────────────────────────────────────
  const tabs = all("[role=tab]");
  let isChosen = false;
  function choose(tab) {
    isChosen = true;
    show(tab);
  }
  // As long as nobody is known by this number, what is known of the address stands in front; never against a choice.
  function bringForward() {
    const isPlaced = by("id_building").value || by("id_house").value;
    if (isChosen || !isPlaced || by("known").querySelector(".person, .known-list, .owed")) return;
    show(by(by("off").querySelector("[data-link]") ? "tab-off" : "tab-here"));
  }
  function show(tab) {
    tabs.forEach((one) => {
      const isIt = one === tab;
      one.setAttribute("aria-selected", String(isIt));
      one.tabIndex = isIt ? 0 : -1;
      by(one.getAttribute("aria-controls")).hidden = !isIt;
    });
  }
  tabs.forEach((tab, index) => {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const next = tabs[(index + step + tabs.length) % tabs.length];
      choose(next);
      next.focus();
    });
  });
  function count() {
    tabs.forEach((tab) => {
      const found = Number(by(tab.getAttribute("aria-controls")).querySelector("[data-count]")?.dataset.count || 0);
      tab.querySelector(".tab-count").textContent = found ? String(found) : "";
    });
  }
  // What the guide asks: degrees in the room, or a question to put to the caller.
  function ask() {
    const told = guide.querySelector(".guide").dataset;
    const asks = "asksCelsius" in told;
    by("celsius").toggleAttribute("data-unasked", !asks);
    by("id_celsius").disabled = !asks;
    if (by("question").textContent !== told.question) by("question").textContent = told.question;
  }
  // A danger that was just chosen is dealt with before the rest is typed: its first step gets the next keystroke,
  // unless the operator has typed on meanwhile.
  let awaited = "";
  function meetDanger() {
    const danger = guide.querySelector("[data-danger]")?.dataset.danger;
    if (!awaited || danger !== awaited) return;
    awaited = "";
    const { activeElement } = document;
    if (activeElement === by("id_category_text") || activeElement.closest("#scope")) by("id_handed_over").focus();
  }
  guide.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[data-danger-step]")) return;
    event.preventDefault();
    if (event.target.type === "checkbox") event.target.checked = true;
    const steps = all("[data-danger-step]", guide);
    (steps[steps.indexOf(event.target) + 1] || form.querySelector("[name=scope]:checked")).focus();
  });
  guide.addEventListener("change", ({ target }) => { if (target.id === "id_outage") window.htmx.trigger(guide, "refresh"); });
  // What is being typed in the guide stays as it is when the guide is drawn anew.
  let typing = null;
  guide.addEventListener("htmx:beforeSwap", () => {
    const { activeElement } = document;
    typing = guide.contains(activeElement) && activeElement.matches("input[type=text]") ? [activeElement.id, activeElement.value] : null;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (typing && by(typing[0])) by(typing[0]).value = typing[1];
    typing = null;
    count();
    if (event.target === guide || guide.contains(event.target)) {
      ask();
      bringForward();
      meetDanger();
    }
  });
  // F8 takes what is offered beside the form; the next keystroke still belongs where it belonged.
  document.addEventListener("keydown", (event) => {
    const { activeElement } = document;
    if (event.code === "F8" && form.contains(activeElement)) setTimeout(() => activeElement.focus(), 0);
  }, true);
  const again = (values) => window.htmx.ajax("POST", guide.getAttribute("hx-post"), { source: guide, target: guide, values });
  document.addEventListener("click", (event) => {
    const pick = event.target.closest("[data-pick]");
    if (pick) {
      fill("id_category_text", pick.dataset.text);
      fill("id_category", pick.dataset.pick);
      pick.remove();
      by("id_text").focus();
    }
    const add = event.target.closest("[data-add]");
    if (add) again({ add_to: add.dataset.add, add_kind: "" });
    const link = event.target.closest("[data-link]");
    if (link) again({ outage: link.dataset.link, add_to: "" });
  });

  // ── The draft on the server: survives this page, this browser, this machine ──────────────────────────────────
  const EVERY = 2000;
  const local = `draft:${document.body.dataset.user}:${form.dataset.draft}`;
  const read = () => { try { return JSON.parse(localStorage.getItem(local) || "null"); } catch { return null; } };
  const write = (draft) => { try { localStorage.setItem(local, JSON.stringify(draft)); } catch { /* private mode: the server's is enough */ } };
  const keyIn = (draft) => draft?.values.find(([name]) => name === "intake_key")?.[2];
  const { keep } = form.dataset;
  const giveUp = by("give-up");
  let [timer, sentAt, isGone, isDirty] = [null, 0, false, false];
  async function send() {
    timer = null;
    if (isGone || !isDirty) return;
    sentAt = Date.now();
    isDirty = false;
    const at = read()?.at;
    try {
      const answer = await fetch(keep, { method: "POST", body: new FormData(form), redirect: "manual", keepalive: true });
      if (answer.status === 409) isGone = true;
      // The copy on this computer is for what the server does not have.
      const draft = read();
      if (answer.ok && draft && draft.at === at) write({ ...draft, isKept: true });
      if (!answer.ok && answer.status !== 409) isDirty = true;
    } catch { isDirty = true; }
  }
  function touch() {
    isDirty = true;
    timer ??= setTimeout(send, Math.max(0, sentAt + EVERY - Date.now(), 300));
  }
  function flush() {
    if (isGone || !isDirty || !keep) return;
    isDirty = false;
    navigator.sendBeacon(keep, new FormData(form));
  }
  function restore(draft) {
    for (const [name, choice, value] of draft.values) {
      const field = Array.from(form.elements).find((one) => one.name === name && (choice === null || one.value === choice));
      if (!field || field.type === "file") continue;
      if (choice !== null) field.checked = value;
      else if (!Array.isArray(value)) field.value = value;
    }
    if (!by("id_building").value && by("id_house").value) place({ typed: true, street: by("id_street").value, house: by("id_house").value, locality: by("id_locality").value });
    changed(by("id_building"));
    window.htmx.trigger(by("id_phone"), "lookup");
    giveUp.elements.intake_key.value = form.elements.intake_key.value;
    giveUp.hidden = false;
    touch();
  }
  async function sendOld(draft) {
    const body = new FormData();
    draft.values.forEach(([name, choice, value]) => { if (choice === null ? value : value === true) body.append(name, choice ?? value); });
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    try {
      const answer = await fetch(keep, { method: "POST", body, redirect: "manual" });
      if (answer.ok || answer.status === 409) localStorage.removeItem(local);
    } catch { /* still away: it waits on this computer */ }
  }
  if (keep) {
    // What this computer has and the server has not: the newer of the two stands in the form.
    const draft = read();
    const renderedAt = Date.parse(document.querySelector('meta[name="server-time"]').content);
    const keptAt = Date.parse(form.dataset.keptAt) || 0;
    const isNewer = draft && !draft.isKept && draft.at + (renderedAt - Date.now()) > keptAt;
    if (isNewer && !("isBack" in form.dataset)) {
      const isMine = keyIn(draft) === form.elements.intake_key.value;
      const isFresh = Date.now() - draft.at < 600000 && !location.search;
      if (isMine || (isFresh && !keptAt)) restore(draft);
      else sendOld(draft);
    }
    if ("isBack" in form.dataset) touch();
    ["input", "change"].forEach((name) => document.addEventListener(name, (event) => {
      if (event.target.form === form && (event.isTrusted || name === "change")) touch();
    }));
    // After drafts.js, which sends a form once and none without a connection.
    document.addEventListener("submit", (event) => { if (event.target === form && !event.defaultPrevented) isGone = true; });
    window.addEventListener("pageshow", () => { isGone = false; });
    document.addEventListener("submit", (event) => { if (event.target !== form && event.target !== giveUp) flush(); }, true);
    giveUp.addEventListener("submit", () => {
      isGone = true;
      try { localStorage.removeItem(local); } catch { /* private mode */ }
    });
    window.addEventListener("pagehide", flush);
    document.addEventListener("visibilitychange", () => { if (document.hidden) flush(); });
    window.addEventListener("online", () => { if (isDirty) touch(); });
    setInterval(() => { if (isDirty && !timer) touch(); }, 5000);
  }
  ask();
  count();
})();
