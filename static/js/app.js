// The connection, the session, and what happens to a part of the page when it arrives. The last of the scripts.
"use strict";
(function () {
  const { body } = document;
  const {
    all, words, isFresh, adjustTo, showClocks, tick, lock, unlock, dropSavedDrafts, restoreDraft, soundAlarms,
  } = window.centre;

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
    // Nobody sits before the wall: it says so itself, and shows what it knew.
    if (body.matches(".wall-page")) return body.toggleAttribute("data-signed-out", true);
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
  Object.assign(window.centre, { connectionLost });
  settle(document);
  if (!isFresh) askServer();
  tick();
})();
