// Sends what waits: one thing after the other, in the order in which it was pressed, each under a key of its own, so that
// what is sent twice is one step. A refusal stays with its reason and with what was typed; the rest goes on.
"use strict";
(function () {
  const { crew, centre } = window;
  const { queue: queueUrl } = document.body.dataset;
  const RETRY = { least: 3000, most: 60000 };
  // What a photo may weigh, and from where on a telephone makes it smaller before it is sent.
  const [MOST_BYTES, LIGHT_BYTES, LONGEST_SIDE] = [10 * 1024 * 1024, 1024 * 1024, 2560];
  let [state, busy, again, timer, pause] = ["idle", false, false, null, RETRY.least];
  const cookie = (name) => document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) || "";
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`crew:${name}`, { detail }));
  function become(next) {
    state = next;
    tell("state", state);
  }

  async function ask(url, { body, seconds = 15 } = {}) {
    const headers = { Accept: "application/json", "X-Person": crew.person };
    if (body) headers["X-CSRFToken"] = cookie("csrftoken");
    const answer = await fetch(url, {
      method: body ? "POST" : "GET", body, headers, cache: "no-store", redirect: "error", signal: AbortSignal.timeout(1000 * seconds),
    });
    centre.adjustTo(answer.headers.get("Date"));
    const isOurs = answer.headers.get("Content-Type")?.startsWith("application/json");
    return { status: answer.status, isOurs, told: isOurs ? await answer.json() : {} };
  }
  function bodyOf(item) {
    const body = new FormData();
    for (const [name, value] of item.fields) body.append(name, value);
    body.append("key", item.key);
    body.append("pressed_at", new Date(item.pressedAt).toISOString());
    body.append("sent_at", new Date().toISOString());
    if (item.photo) body.append("photos", item.photo, "photo");
    return body;
  }
  // "done", "refused", "signed-out", "other-person" or "later".
  async function sendOne(item) {
    const { status, isOurs, told } = await ask(item.url, { body: bodyOf(item), seconds: item.photo ? 180 : 15 });
    if (status === 200 && isOurs) await crew.drop(item.id);
    else if (status === 401) return "signed-out";
    else if (status === 412) return "other-person";
    else if (isOurs && [403, 404, 409, 422].includes(status)) {
      await crew.put({ ...item, state: "refused", message: told.message });
      return "refused";
    } else return "later";
    return "done";
  }
  async function isWelcome() {
    const { status } = await ask(queueUrl, { seconds: 8 });
    if (status === 401) become("signed-out");
    else if (status === 412) become("other-person");
    else if (status !== 200) throw new Error(`asked in vain: ${status}`);
    return status === 200;
  }
  async function sendAll() {
    const waiting = (await crew.all()).filter((item) => item.state === "waiting");
    if (!waiting.length) return become("idle");
    if (!(await isWelcome())) return null;
    become("sending");
    let sent = 0;
    for (const item of waiting) {
      const outcome = await sendOne(item);
      if (outcome === "later") throw new Error("the server is not well");
      if (outcome === "signed-out" || outcome === "other-person") return become(outcome);
      sent += 1;
      tell("changed");
    }
    become("idle");
    tell("sent", sent);
    again = true; // what was pressed meanwhile
    return null;
  }
  async function send() {
    clearTimeout(timer);
    if (!crew.works) return;
    if (busy) { again = true; return; }
    busy = true;
    again = false;
    try {
      // Of two tabs one sends; where a browser knows no locks, the keys still make it one step.
      if (navigator.locks) await navigator.locks.request(`crew-${crew.person}`, { ifAvailable: true }, (lock) => lock && sendAll());
      else await sendAll();
      pause = RETRY.least;
    } catch {
      become("waiting");
      tell("lost");
      timer = setTimeout(send, pause);
      pause = Math.min(2 * pause, RETRY.most);
    }
    busy = false;
    if (again && state !== "waiting") send();
  }

  async function keep(item) {
    try {
      await crew.add({ state: "waiting", pressedAt: Date.now(), key: crypto.randomUUID(), ...item });
    } catch {
      tell("no-room");
      throw new Error("the telephone could not keep it");
    }
    tell("changed");
  }
  // A photo that the browser can read is made smaller on the telephone; what it cannot (HEIC) goes as it is.
  async function lightened(file) {
    if (file.size <= LIGHT_BYTES) return file;
    try {
      const picture = await createImageBitmap(file);
      const share = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
      const sheet = new OffscreenCanvas(Math.round(picture.width * share), Math.round(picture.height * share));
      sheet.getContext("2d").drawImage(picture, 0, 0, sheet.width, sheet.height);
      picture.close();
      const lighter = await sheet.convertToBlob({ type: "image/jpeg", quality: 0.85 });
      return lighter.size < file.size ? lighter : file;
    } catch { return file; }
  }
  async function keepPhotos(files, { number, url, stage, title, pressedAt = Date.now() }) {
    for (const file of files) {
      const photo = await lightened(file);
      const isHeavy = photo.size > MOST_BYTES;
      const verdict = isHeavy ? { state: "refused", message: centre.words.too_heavy } : {};
      await keep({ kind: "photo", number, url, title, stage, fields: [["stage", stage]], photo, pressedAt, ...verdict });
    }
  }
  Object.assign(crew, {
    send, keep, keepPhotos,
    get state() { return state; },
    // Refused once, sent once more as it is: under the same key.
    async retry(item) {
      await crew.put({ ...item, state: "waiting", message: "" });
      tell("changed");
      send();
    },
  });
})();
