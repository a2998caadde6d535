// Within the month the arrow keys go from day to day, Page Up and Page Down to the months before and after.
"use strict";
(() => {
  const sheet = document.getElementById("sheet");
  if (!sheet) return;
  const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
  const TURNS = { PageUp: "previous-month", PageDown: "next-month" };
  const cells = [...sheet.querySelectorAll("td")];

  sheet.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const turn = document.getElementById(TURNS[event.key]);
    if (turn) { event.preventDefault(); turn.click(); return; }
    const step = STEPS[event.key];
    if (!step) return;
    // On to the next day that has something on it.
    for (let n = cells.indexOf(event.target.closest("td")) + step; cells[n]; n += step) {
      const link = cells[n].querySelector("a");
      if (link) { event.preventDefault(); link.focus(); return; }
    }
  });
})();
