// A form is sent once, and what is typed outlives a reload, a crash, an ended session.
"use strict";
(function () {
  const { all, words, store, make } = window.centre;
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
      return window.centre.connectionLost();
    }
    // Pages that a foreman's telephone keeps are gone before anybody else comes in.
    if ("forgetPages" in form.dataset || "forgetDrafts" in form.dataset) window.caches?.delete(`crew-pages-${store.get("crew-person")}`);
    if ("forgetDrafts" in form.dataset) store.names().filter((name) => name.startsWith(draftPrefix)).forEach(store.drop);
    lock(form);
  });
  window.addEventListener("pageshow", () => all("form[data-sending]").forEach(unlock));

  // ── Drafts: what is typed outlives a reload, a crash, an ended session ───────────────────────────────────────
  const draftPrefix = `draft:${document.body.dataset.user}:`;
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
  Object.assign(window.centre, { lock, unlock, dropSavedDrafts, restoreDraft });
})();
