// A text field with a list of options under it that come from the server (ARIA combobox with a listbox).
// <div class="combo" data-combo="building"> holds the field, the hidden value, and the list that htmx fills; an option
// has data-value and data-text. data-sure: a first option is taken unseen only when it can be no other; one that is
// data-doubtful is never chosen for Enter, the arrow has to go to it; data-more only goes on typing from there.
// A choice is told as "combo:take" on the box, with the option.
"use strict";
(function () {
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
  const changed = (field) => field.dispatchEvent(new Event("change", { bubbles: true }));

  const NOTHING = -1;

  class Combo {
    constructor(box) {
      this.box = box;
      this.input = box.querySelector("[role=combobox]");
      this.list = box.querySelector("[role=listbox]");
      this.value = box.querySelector("input[type=hidden]");
      this.at = NOTHING;
      // What the list on the screen is an answer to; and whether Enter waits for the one that is on its way.
      [this.answered, this.waits] = [null, false];
      this.input.addEventListener("keydown", (event) => this.key(event));
      this.input.addEventListener("input", () => this.typed());
      this.input.addEventListener("focus", () => { if (!this.input.value) this.ask(); });
      this.input.addEventListener("click", () => { if (!this.isOpen) this.ask(); });
      this.input.addEventListener("blur", () => setTimeout(() => this.left(), 150));
      this.list.addEventListener("htmx:afterSwap", () => this.arrived());
      this.input.addEventListener("htmx:beforeSend", () => { this.asked = this.input.value; });
      // Before the field loses the focus to the list.
      this.list.addEventListener("pointerdown", (event) => {
        const option = event.target.closest("[data-value]");
        if (option) { event.preventDefault(); this.take(option); }
      });
    }
    // A wrong one of these would be a wrong town.
    get isDoubtful() { return "doubtful" in (this.options()[0]?.dataset || {}); }
    options() { return all("[data-value]", this.list); }
    get isOpen() { return !this.list.hidden; }
    ask() { window.htmx.trigger(this.input, "lookup"); }
    typed() {
      this.waits = false;
      if (!this.value.value && !("typed" in this.box.dataset)) return;
      this.value.value = "";
      this.box.dispatchEvent(new CustomEvent("combo:clear", { bubbles: true }));
      changed(this.value);
    }
    arrived() {
      this.answered = this.asked;
      if (this.waits) return this.takeWaited();
      if (document.activeElement === this.input) this.open();
      else this.settle();
    }
    // Typed faster than the list came, and gone on to the next field: what can only mean one thing means it.
    settle() {
      this.close();
      if (this.value.value || !this.input.value) return;
      const sure = this.surely();
      if (sure) this.take(sure);
    }
    surely() {
      const known = this.options().filter(({ dataset }) => !("typed" in dataset) && !("doubtful" in dataset));
      const exact = known.filter((option) => "exact" in option.dataset);
      const sure = exact.length ? exact : known;
      return sure.length === 1 ? sure[0] : null;
    }
    takeWaited() {
      this.waits = false;
      const first = "sure" in this.box.dataset ? this.surely() : this.options()[0];
      if (!first) return this.open();
      this.take(first);
      this.forward();
    }
    // On to the next field, as if Enter were pressed now.
    forward() {
      if (document.activeElement !== this.input) return;
      this.input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", code: "Enter", bubbles: true, cancelable: true }));
    }
    open() {
      this.list.hidden = !this.list.children.length;
      this.input.setAttribute("aria-expanded", String(this.isOpen));
      // Of what is only offered, nothing is chosen by a mere Enter.
      this.move(this.input.value && !this.isDoubtful ? 0 : NOTHING);
    }
    close() {
      this.list.hidden = true;
      this.input.setAttribute("aria-expanded", "false");
      this.input.removeAttribute("aria-activedescendant");
    }
    left() {
      if (document.activeElement !== this.input) this.close();
    }
    move(to) {
      const options = this.options();
      this.at = options.length && to !== NOTHING ? (to + options.length) % options.length : NOTHING;
      options.forEach((option, index) => option.setAttribute("aria-selected", String(index === this.at)));
      const active = options[this.at];
      if (active) {
        this.input.setAttribute("aria-activedescendant", active.id);
        active.scrollIntoView({ block: "nearest" });
      } else this.input.removeAttribute("aria-activedescendant");
    }
    take(option) {
      if ("more" in option.dataset) {
        this.input.value = option.dataset.text;
        return this.ask();
      }
      this.close();
      this.input.value = option.dataset.text;
      [this.answered, this.waits] = [this.input.value, false];
      this.value.value = option.dataset.value;
      this.box.dispatchEvent(new CustomEvent("combo:take", { bubbles: true, detail: { option } }));
      changed(this.value);
    }
    get isStale() { return Boolean(this.input.value.trim()) && !this.value.value && this.answered !== this.input.value; }
    key(event) {
      if (!event.isTrusted) return;
      const isArrow = event.key === "ArrowDown" || event.key === "ArrowUp";
      if (isArrow) {
        event.preventDefault();
        if (this.isOpen) this.move(event.key === "ArrowDown" ? this.at + 1 : Math.max(this.at, 0) + this.options().length - 1);
        else this.ask();
      } else if (event.key === "Escape" && this.isOpen) {
        this.close();
        event.preventDefault();
        event.stopPropagation();
      } else if (event.key === "Enter" && this.isStale && !("typed" in this.box.dataset)) {
        // The list of these very letters is on its way: it is asked for now and answers the key.
        event.preventDefault();
        this.waits = true;
        this.ask();
      } else if ((event.key === "Enter" || event.key === "Tab") && this.isOpen && !this.isStale) {
        // Without preventDefault: the key still goes on to the next field.
        const option = this.options()[this.at];
        const stays = option ? "more" in option.dataset : event.key === "Enter" && this.isDoubtful;
        if (stays) event.preventDefault();
        if (option) this.take(option);
      }
    }
  }

  all("[data-combo]").forEach((box) => { box.combo = new Combo(box); });
})();
