// What the other scripts share, as window.centre. Pages only set attributes (data-…); the words come from base.html.
// No build, no inline code, strict CSP: plain scripts in the order of base.html (boot.js before all: theme and size).
"use strict";
(function () {
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
  window.centre = { all, words, store, make, announce };
})();
