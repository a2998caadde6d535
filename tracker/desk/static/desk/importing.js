// How far an import is, without loading the page again; the link “Look again” does the same without this.
"use strict";
(() => {
  const EVERY = 2000; // milliseconds
  const look = async () => {
    const part = document.querySelector("[data-follow]");
    if (!part) return;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = page.querySelector("[data-follow]");
      if (!next) { location.reload(); return; }
      // The button stays as it is: it may have the focus.
      for (const name of ["h2", "p[role=status]"]) part.querySelector(name).textContent = next.querySelector(name).textContent;
      part.querySelector("progress").replaceWith(next.querySelector("progress"));
    } catch { /* the network is gone for a moment */ }
    setTimeout(look, EVERY);
  };
  setTimeout(look, EVERY);
})();
