// The desk's own: suggestions of addresses, a select that is filtered by typing, names to fill in, outcomes that open.
// Loaded beside app.js; the pages only set attributes. No words of its own.
"use strict";
(function () {
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
  const changed = (field) => field.dispatchEvent(new Event("change", { bubbles: true }));

  // ── A text field with a list of options under it ─────────────────────────────────────────────────────────────
  class Combo {
    constructor(input, list, pick) {
      Object.assign(this, { input, list, pick, at: -1 });
      input.addEventListener("keydown", (event) => this.key(event));
      input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
      // Before the field loses the focus to the list.
      list.addEventListener("pointerdown", (event) => {
        const option = event.target.closest("[data-value]");
        if (option) { event.preventDefault(); this.take(option); }
      });
    }
    options() { return all("[data-value]", this.list).filter((option) => !option.hidden); }
    get isOpen() { return !this.list.hidden; }
    open() {
      this.list.hidden = !this.list.children.length;
      this.input.setAttribute("aria-expanded", String(this.isOpen));
      this.move(this.options().length ? 0 : -1);
    }
    close() {
      this.list.hidden = true;
      this.input.setAttribute("aria-expanded", "false");
      this.input.removeAttribute("aria-activedescendant");
    }
    move(to) {
      const options = this.options();
      this.at = options.length ? (to + options.length) % options.length : -1;
      options.forEach((option, index) => option.setAttribute("aria-selected", String(index === this.at)));
      const active = options[this.at];
      if (active) {
        this.input.setAttribute("aria-activedescendant", active.id);
        active.scrollIntoView({ block: "nearest" });
      } else this.input.removeAttribute("aria-activedescendant");
    }
    take(option) {
      this.close();
      this.pick(option);
    }
    key(event) {
      const down = event.key === "ArrowDown" || event.key === "ArrowUp";
      if (down && !this.isOpen) { this.open(); event.preventDefault(); return; }
      if (!this.isOpen) return;
      if (down) { this.move(this.at + (event.key === "ArrowDown" ? 1 : -1)); event.preventDefault(); }
      else if (event.key === "Escape") { this.close(); event.preventDefault(); event.stopPropagation(); }
      else if (event.key === "Enter" || event.key === "Tab") {
        const option = this.options()[this.at];
        // Without preventDefault: Enter still goes on to the next field.
        if (option) this.take(option);
      }
    }
  }

  // ── Houses of the register: the options come from the server ─────────────────────────────────────────────────
  function addresses(box) {
    const input = box.querySelector("[role=combobox]");
    const list = box.querySelector("[role=listbox]");
    const house = box.querySelector("input[type=hidden]");
    const combo = new Combo(input, list, (option) => {
      input.value = option.dataset.text;
      house.value = option.dataset.value;
      const flat = document.getElementById("id_flat");
      if (option.dataset.flat && flat) flat.value = option.dataset.flat;
      changed(house);
    });
    input.addEventListener("input", () => {
      if (!house.value) return;
      house.value = "";
      changed(house);
    });
    list.addEventListener("htmx:afterSwap", () => {
      combo.close();
      if (house.value) return;
      if (document.activeElement === input) return combo.open();
      // Typed faster than the list came: what can only mean one house means it.
      const exact = combo.options().filter((option) => "exact" in option.dataset);
      const sure = exact.length ? exact : combo.options();
      if (sure.length === 1) combo.take(sure[0]);
    });
  }

  // ── A select of many: typed words narrow it ──────────────────────────────────────────────────────────────────
  const plain = (text) => text.toLowerCase().replaceAll("ё", "е");
  function filtered(box) {
    const select = box.querySelector("select");
    const input = document.createElement("input");
    const list = document.createElement("ul");
    const name = select.id;
    const shown = () => select.selectedOptions[0]?.value ? select.selectedOptions[0].textContent.trim() : "";
    list.id = `${name}_options`;
    list.className = "combo-options";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    input.type = "text";
    input.id = `${name}_text`;
    input.className = select.className.replace("form-select", "form-control");
    input.autocomplete = "off";
    [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]].forEach(
      ([attribute, value]) => input.setAttribute(attribute, value));
    ["aria-invalid", "aria-describedby"].forEach((attribute) => {
      if (select.hasAttribute(attribute)) input.setAttribute(attribute, select.getAttribute(attribute));
      select.removeAttribute(attribute);
    });
    const label = document.querySelector(`label[for="${name}"]`);
    if (label) {
      label.htmlFor = input.id;
      list.setAttribute("aria-label", label.textContent.trim());
      select.setAttribute("aria-label", label.textContent.trim());
    }
    select.tabIndex = -1;
    select.classList.add("visually-hidden");
    input.value = shown();
    all("option", select).filter((option) => option.value).forEach((option, index) => {
      const item = document.createElement("li");
      item.className = "combo-option";
      item.id = `${list.id}_${index}`;
      item.dataset.value = option.value;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.textContent = option.textContent.trim();
      list.append(item);
    });
    box.append(input, list);
    const combo = new Combo(input, list, (option) => {
      select.value = option.dataset.value;
      input.value = shown();
      changed(select);
    });
    input.addEventListener("input", () => {
      const words = plain(input.value).split(/\s+/).filter(Boolean);
      all("li", list).forEach((item) => { item.hidden = !words.every((word) => plain(item.textContent).includes(word)); });
      combo.open();
      if (!combo.options().length) combo.close();
    });
    input.addEventListener("focus", () => input.select());
    input.addEventListener("click", () => { if (!combo.isOpen) { all("li", list).forEach((item) => { item.hidden = false; }); combo.open(); } });
    // What was typed and not chosen is no choice: the last one stands.
    input.addEventListener("blur", () => setTimeout(() => { input.value = shown(); }, 160));
    select.addEventListener("change", () => { input.value = shown(); });
  }

  // ── A known name is one press away; an opened outcome takes the next keystroke ───────────────────────────────
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fill]");
    const field = button && document.getElementById(button.dataset.fill);
    if (!field) return;
    field.value = button.textContent.trim();
    changed(field);
    field.focus();
  });
  all("details[data-outcome]").forEach((details) => details.addEventListener("toggle", () => {
    if (!details.open) return;
    all("details[data-outcome]").forEach((other) => { if (other !== details) other.open = false; });
    details.querySelector("textarea, input:not([type=hidden])")?.focus();
  }));

  all("[data-combo]").forEach(addresses);
  all("[data-combo-select]").forEach(filtered);
})();
