// Alarms: heard when they are new, then once a minute until somebody has answered.
"use strict";
(function () {
  const { all, words, store, announce } = window.centre;
  // What was heard is remembered across pages and tabs: an alarm sounds when it is new, then once a minute.
  const heard = new Map(JSON.parse(store.get("heard") || "[]").filter(([, at]) => Date.now() - at < 24 * 3600 * 1000));
  const hear = (name) => store.set("heard", JSON.stringify([...heard.set(name, Date.now())]));
  let speaker = null;
  function beep() {
    store.set("beeped", Date.now());
    if (document.documentElement.dataset.sound !== "off") play();
  }
  // One for the page: a click that unlocks it unlocks every later alarm.
  const speakerOf = () => { speaker ||= window.AudioContext ? new AudioContext() : null; return speaker; };
  function play() {
    if (!speakerOf()) return announce(words.sound_blocked);
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
  // The test tone is heard by whoever has muted alarms as well: he asked for it.
  document.addEventListener("click", (event) => { if (event.target.closest("[data-sound-test]")) play(); });
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
  setInterval(() => { if (document.querySelector("[data-alarm]:not([data-once])") && Date.now() - store.get("beeped") > 60000) beep(); }, 3000);
  Object.assign(window.centre, { soundAlarms, speakerOf, playAlarm: play });
})();
