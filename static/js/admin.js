// Names for the fields of Django's admin that have none while they are empty: lists that search as one types, and the
// search box, whose label is a picture.
(() => {
  const name = (shown) => {
    const select = shown.closest(".select2-container").previousElementSibling;
    const said = (select.labels[0]?.textContent.trim() || select.name).replace(/:$/, "");
    // Two boxes, one in the other, each with a role that wants a name.
    for (const one of [shown, shown.querySelector("[role=textbox]")]) one?.setAttribute("aria-label", said);
  };
  const nameAll = () => document.querySelectorAll("select + .select2-container .select2-selection:not([aria-label])").forEach(name);
  const box = document.getElementById("searchbar");
  if (box) box.setAttribute("aria-label", box.form.querySelector("[type=submit]").value);
  // They are drawn some time after the document is read, and again in every row that is added.
  new MutationObserver(nameAll).observe(document.body, { childList: true, subtree: true });
  nameAll();
})();
