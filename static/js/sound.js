// The portal insists on its sound: a bar stands over the page until the browser really lets an alarm be heard, and the
// centre is told twice a minute whether it would be. Browsers give no sound to a page that nobody has touched yet: any
// click or key is enough.
"use strict";
(function () {
  const bar = document.getElementById("sound-bar");
  const root = document.documentElement;
  const { url } = document.currentScript.dataset;
  if (!bar || !window.centre) return;
  const { speakerOf, playAlarm } = window.centre;
  const EVERY = 30000;
  const cookie = (name) => document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) || "";
  const stateNow = () => {
    if (root.dataset.sound === "off") return "off";
    return speakerOf()?.state === "running" ? "on" : "blocked";
  };
  let told = "";
  async function tell() {
    const sound = stateNow();
    told = sound;
    try {
      await fetch(url, { method: "POST", body: new URLSearchParams({ sound }), headers: { "X-CSRFToken": cookie("csrftoken") } });
    } catch { /* said again in half a minute; the page itself says that the connection is lost */ }
  }
  function show() {
    const state = stateNow();
    bar.hidden = state === "on";
    bar.dataset.state = state;
    bar.querySelectorAll("[data-when]").forEach((words) => { words.hidden = words.dataset.when !== state; });
    if (state !== told) tell();
  }
  async function unlock() {
    const speaker = speakerOf();
    // Without a gesture a browser lets this wait for ever: nobody waits for it here.
    if (speaker && speaker.state !== "running") await Promise.race([speaker.resume(), new Promise((done) => { setTimeout(done, 400); })]);
    show();
  }
  // Not at the press: the bar would go before the finger is lifted, and what lies under it would be missed.
  ["click", "keydown"].forEach((name) => document.addEventListener(name, unlock, { capture: true, passive: true }));
  bar.addEventListener("click", async (event) => {
    if (!event.target.closest("[data-sound-on]")) return;
    await unlock();
    if (stateNow() === "on") playAlarm();
  });
  speakerOf()?.addEventListener("statechange", show);
  new MutationObserver(show).observe(root, { attributes: true, attributeFilter: ["data-sound"] });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) unlock(); });
  setInterval(tell, EVERY);
  unlock();
})();
