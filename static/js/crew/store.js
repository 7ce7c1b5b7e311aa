// What was pressed on this telephone and is not yet on record at the centre. Each person has a store of his own: who
// signs in after him on the same telephone opens another one. It outlives the browser.
"use strict";
(function () {
  const person = document.body.dataset.user;
  let opening = null;
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  function open() {
    const request = indexedDB.open(`crew-${person}`, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("queue", { keyPath: "id", autoIncrement: true });
    return done(request);
  }
  // Resolves when the disk has it, not when memory has.
  async function run(mode, act) {
    const database = await (opening ??= open());
    const transaction = database.transaction("queue", mode, { durability: "strict" });
    const written = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
    const [result] = await Promise.all([done(act(transaction.objectStore("queue"))), written]);
    return result;
  }
  // Where a browser keeps nothing (private windows), forms are sent as forms are.
  const works = Boolean(person && window.indexedDB && window.crypto?.randomUUID);
  window.crew = {
    person,
    works,
    all: () => (works ? run("readonly", (items) => items.getAll()) : Promise.resolve([])),
    add: (item) => run("readwrite", (items) => items.add(item)),
    put: (item) => run("readwrite", (items) => items.put(item)),
    drop: (id) => run("readwrite", (items) => items.delete(id)),
  };
})();
