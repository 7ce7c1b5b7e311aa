// Shows what waits and what was refused, and which steps are next once what waits has been done.
"use strict";
(function () {
  const { crew, centre } = window;
  const { all, words, make } = centre;
  const say = (text, given) => Object.entries(given).reduce((said, [name, value]) => said.replace(`{${name}}`, value), text);
  const clock = (at) => new Date(at).toLocaleTimeString("ru", { hour: "2-digit", minute: "2-digit" });

  function button(text, act, css = "btn") {
    const made = make("button", css, text);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  }
  function preview(photo) {
    const sheet = make("canvas", "pending-photo");
    sheet.setAttribute("aria-hidden", "true");
    createImageBitmap(photo).then((picture) => {
      const side = 160 / Math.max(picture.width, picture.height);
      [sheet.width, sheet.height] = [Math.round(picture.width * side), Math.round(picture.height * side)];
      sheet.getContext("2d").drawImage(picture, 0, 0, sheet.width, sheet.height);
      picture.close();
    }).catch(() => sheet.remove());
    return sheet;
  }
  function waitingLine(item) {
    const line = make("p", "pending-line", say(item.photo ? words.taken : words.pressed, { title: item.title, time: clock(item.pressedAt) }));
    if (item.photo) line.append(preview(item.photo));
    return line;
  }
  // What was typed stands beside the reason, until it is mended or put away by hand.
  function refusal(item) {
    const message = make("div", "message", "", "alert");
    message.dataset.level = "error";
    const body = make("div", "refusal");
    body.append(make("p", "refusal-title", `${say(words.refused, { title: item.title })} · № ${item.number}`), make("p", "", item.message));
    const typed = item.fields.filter(([name, value]) => name !== "stage" && value).map(([, value]) => value).join(" · ");
    if (typed) body.append(make("p", "refusal-typed", typed));
    if (item.photo) body.append(preview(item.photo));
    const buttons = make("div", "row-of");
    if (document.querySelector(`form[data-send="${CSS.escape(item.url)}"] textarea`)) buttons.append(button(words.repair, () => repair(item)));
    buttons.append(button(words.try_again, () => crew.retry(item)), button(words.discard, () => discard(item)));
    body.append(buttons);
    message.append(body);
    return message;
  }
  async function discard(item) {
    await crew.drop(item.id);
    show();
  }
  async function repair(item) {
    const form = document.querySelector(`form[data-send="${CSS.escape(item.url)}"]`);
    for (const [name, value] of item.fields) if (form.elements[name]) form.elements[name].value = value;
    form.closest("[data-step]").hidden = false;
    form.closest("details").open = true;
    await discard(item);
    form.querySelector("textarea").focus();
  }

  function showSteps(place, items) {
    const status = items.reduce((now, item) => item.target || now, place.dataset.status);
    const isOf = (states) => states.split(" ").includes(status);
    all("[data-step]", place).forEach((step) => {
      step.hidden = !isOf(step.dataset.sources);
      step.classList.toggle("is-main", isOf(step.dataset.main));
    });
    all(".crew-buttons[data-main]", place).forEach((buttons) => { buttons.hidden = !isOf(buttons.dataset.main); });
  }
  function showCount(waiting) {
    const bar = document.getElementById("waits");
    const text = { sending: words.sends, "signed-out": words.signed_out, "other-person": words.other_person }[crew.state] || words.waits;
    bar.hidden = !waiting.length;
    bar.querySelector("span").textContent = say(text, { count: waiting.length });
    bar.dataset.state = crew.state;
    document.getElementById("sign-in").hidden = crew.state !== "signed-out";
  }
  async function show() {
    const items = await crew.all();
    const waiting = items.filter((item) => item.state === "waiting");
    showCount(waiting);
    for (const place of all("[data-pending]")) {
      const own = waiting.filter((item) => item.number === place.dataset.pending);
      place.replaceChildren(...own.map(waitingLine));
      place.hidden = !own.length;
    }
    all("[data-ticket]").forEach((place) => showSteps(place, waiting.filter((item) => item.number === place.dataset.ticket)));
    for (const place of all("[data-refused]")) {
      const own = items.filter((item) => item.state === "refused" && (!place.dataset.refusedOf || place.dataset.refusedOf === item.number));
      place.replaceChildren(...own.map(refusal));
    }
  }
  ["crew:changed", "crew:state"].forEach((name) => document.addEventListener(name, show));
  Object.assign(crew, { show, say });
})();
