// Everything here makes a page that works without it a little quicker. No framework, no state.
import { followCharts } from "./chart.js";
import { followFlyout } from "./flyout.js";
import { followList } from "./list.js";
import { followShortcuts } from "./shortcuts.js";

const root = document.documentElement;
root.dataset.js = "";

// One menu at a time; Escape and a click elsewhere close it.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Forms of checkboxes need no button. Those with hx-get are sent by htmx.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-autosubmit]");
  if (form && !form.hasAttribute("hx-get")) form.requestSubmit();
});

// A filter's own numbers stand outside the part that htmx exchanges.
document.addEventListener("change", (event) => {
  const menu = event.target.closest("details.filter");
  if (!menu) return;
  const chosen = menu.querySelectorAll("input:checked").length;
  menu.querySelector("[data-count]").textContent = chosen || "";
});

// Buttons beside an address: copy it, print the page.
document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    try {
      await navigator.clipboard.writeText(copy.dataset.copy);
      copy.textContent = "Copied";
    } catch {
      copy.textContent = copy.dataset.copy; // no permission: show it, to be copied by hand
    }
  }
  if (event.target.closest("[data-print]")) window.print();
});

// The table behind a chart is fetched when it is opened.
document.addEventListener(
  "toggle",
  (event) => {
    const place = event.target.matches?.("details.as-table[open]")
      && event.target.querySelector(".as-table-place");
    if (place && !place.dataset.loaded && window.htmx) {
      place.dataset.loaded = "";
      window.htmx.trigger(place, "load-table");
    }
  },
  true,
);

followCharts();
followFlyout();
// What htmx exchanged may hold charts.
document.addEventListener("htmx:afterSettle", () => followCharts());
followList();
followShortcuts();
