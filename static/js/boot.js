// Theme, size and sound of this person. Runs before the first paint, so that nothing flashes or jumps.
// Shifts share their computers: what somebody chose is kept by his name, and the last choice for who has made none.
"use strict";
(function () {
  const root = document.documentElement;
  const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");
  const person = document.currentScript.dataset.user || "";
  const own = (name) => `${name}:${person}`;
  const stored = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  const read = (name) => (person && stored(own(name))) || stored(name);
  function write(name, value) {
    try {
      localStorage.setItem(name, value);
      if (person) localStorage.setItem(own(name), value);
    } catch { /* private mode: until the next page */ }
  }
  // The name "theme" and its three values are shared with Django's admin.
  const settings = {
    theme: { on: "dark", off: "light", unset: "auto", attribute: "bsTheme" },
    size: { on: "large", off: "normal", unset: "normal", attribute: "size" },
    sound: { on: "off", off: "on", unset: "on", attribute: "sound" },
  };
  function dress() {
    for (const [name, setting] of Object.entries(settings)) {
      const chosen = read(name);
      const known = chosen === setting.on || chosen === setting.off;
      const otherwise = name === "theme" && systemIsDark.matches ? setting.on : setting.off;
      root.dataset[setting.attribute] = known ? chosen : otherwise;
    }
  }
  function showPressed() {
    for (const [name, setting] of Object.entries(settings)) {
      for (const button of document.querySelectorAll(`[data-${name}-set]`)) {
        const wanted = button.dataset[`${name}Set`];
        const isOn = wanted === "toggle" ? root.dataset[setting.attribute] === setting.on : (read(name) || setting.unset) === wanted;
        button.setAttribute("aria-pressed", String(isOn));
      }
    }
  }
  function refresh() {
    dress();
    showPressed();
  }
  // The pages of the registers are Django's own and know the last choice only: it becomes this person's.
  if (person && stored(own("theme"))) write("theme", stored(own("theme")));
  dress();
  document.addEventListener("DOMContentLoaded", showPressed);
  systemIsDark.addEventListener("change", refresh);
  window.addEventListener("storage", refresh);
  document.addEventListener("click", (event) => {
    for (const [name, setting] of Object.entries(settings)) {
      const wanted = event.target.closest(`[data-${name}-set]`)?.dataset[`${name}Set`];
      if (!wanted) continue;
      const isOn = root.dataset[setting.attribute] === setting.on;
      write(name, wanted === "toggle" ? (isOn ? setting.off : setting.on) : wanted);
      refresh();
    }
  });
})();
