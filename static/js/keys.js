// Keys, by their place on the keyboard and not by the layout; the help that names them; the buttons of the shell.
"use strict";
(function () {
  const { all, make, parkPointer } = window.centre;
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
  function labelOf(element) {
    const copy = element.cloneNode(true);
    all("kbd, .visually-hidden, svg, .side-count", copy).forEach((part) => part.remove());
    const label = element.dataset.keyLabel || element.ariaLabel || copy.textContent || element.labels?.[0]?.textContent;
    return (label || element.placeholder || "").trim().replace(/\s+/g, " ");
  }
  // F2 before F10, digits before both.
  const inOrder = ([one], [other]) => one.length - other.length || one.localeCompare(other);
  function listKeys(list, elements) {
    all("[data-from-page]", list).forEach((row) => row.remove());
    const named = new Map(elements.filter((one) => one.dataset.key !== "Escape").map((one) => [one.dataset.key, labelOf(one)]));
    for (const [key, label] of [...named].sort(inOrder).reverse()) {
      const [dt, dd] = [make("dt"), make("dd", "", label)];
      dt.append(make("kbd", "key", key));
      [dt, dd].forEach((row) => { row.dataset.fromPage = ""; });
      list.prepend(dt, dd);
    }
  }
  function showHelp() {
    const dialog = document.getElementById("help");
    const found = all("[data-key]").filter(visible);
    const ofShell = (element) => Boolean(element.closest(".side, .phone-bar"));
    const ofPage = found.filter((element) => !ofShell(element));
    document.getElementById("help-page").hidden = !ofPage.some((element) => element.dataset.key !== "Escape");
    listKeys(document.getElementById("help-page-keys"), ofPage);
    listKeys(document.getElementById("help-keys"), found.filter(ofShell));
    if (!dialog.open) dialog.showModal();
  }
  const isUnsaved = (form) => form && !form.dataset.draft && all("input, textarea", form).some(
    (field) => field.type !== "hidden" && "defaultValue" in field && !/radio|checkbox/.test(field.type) && field.value !== field.defaultValue);
  document.addEventListener("keydown", (event) => {
    parkPointer(event.target);
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const key = keyOf(event);
    // «?» by its sign: it stands on different keys of the two layouts.
    if (key === "F1" || (event.key === "?" && !isTyping())) {
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
    } else if (/^(F\d+|Pause)$/.test(key) || (/^\d$/.test(key) && !isTyping() && !event.shiftKey)) {
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

  // ── Buttons of the shell ─────────────────────────────────────────────────────────────────────────────────────
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-help]")) showHelp();
    const menu = event.target.closest("[data-menu]");
    if (menu) menu.setAttribute("aria-expanded", String(menu.getAttribute("aria-expanded") !== "true"));
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    if (event.target.closest("[data-print]")) window.print();
  });
})();
