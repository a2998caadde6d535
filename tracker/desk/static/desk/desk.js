// Small comforts; every page works without them.
"use strict";
(() => {
  const typing = (element) => element.closest("input, textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target)) {
      const search = document.getElementById("search");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
    if (event.key === "Escape") {
      const open = document.querySelector("details.menu[open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
    }
  });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  // What opens has its first field at hand.
  const FIELDS = "textarea, input:not([type=hidden], [type=radio], [type=checkbox]), select";
  const focusFirst = (part) => { const field = part && part.querySelector(FIELDS); if (field) field.focus(); };
  document.addEventListener("toggle", (event) => {
    if (event.target.open && event.target.matches("details.panel")) focusFirst(event.target);
  }, true);
  const followHash = () => { if (location.hash.startsWith("#do-")) focusFirst(document.querySelector(location.hash)); };
  window.addEventListener("hashchange", followHash);
  followHash();

  // Who will hear of it, while it is being written.
  const form = document.getElementById("quick-add");
  if (form) {
    const sentence = document.getElementById("foresight");
    let waiting = 0, asked = 0;
    const ask = async () => {
      const number = ++asked;
      const answer = await fetch(form.dataset.foresee, { method: "POST", body: new FormData(form), credentials: "same-origin" });
      if (!answer.ok || number !== asked) return;
      const said = (await answer.json()).sentence;
      if (said) sentence.textContent = said;
    };
    form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(ask, 600); });
    document.getElementById("preview").hidden = true;
  }

  // What is there to be copied is chosen as a whole.
  document.addEventListener("focusin", (event) => { if (event.target.matches("input.copied")) event.target.select(); });

  // On a narrow screen the menu lies over the page; it opens when asked.
  const settings = document.querySelector(".side-settings");
  if (settings && window.matchMedia("(max-width: 1023px)").matches) settings.open = false;

  const summary = document.querySelector(".error-summary");
  if (summary) summary.focus();
})();
