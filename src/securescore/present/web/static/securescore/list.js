// The list of actions: ticked rows, and fresh rows after an action was changed in the flyout.

const picks = () => [...document.querySelectorAll("#results [data-pick]")];

function showPicked() {
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  const all = picks();
  const n = all.filter((one) => one.checked).length;
  bar.classList.toggle("is-on", n > 0);
  bar.querySelector("[data-bulk-count]").textContent = n
    ? `${n} ticked`
    : "Tick actions to change several at once.";
  const edit = bar.querySelector("[data-bulk-edit]");
  edit.disabled = n === 0;
  edit.textContent = n ? `Edit ${n} ticked` : "Edit ticked";
  bar.querySelector("[data-bulk-clear]").hidden = n === 0;
  const head = document.querySelector("[data-pick-all]");
  if (head) {
    head.hidden = false;
    head.checked = n > 0 && n === all.length;
    head.indeterminate = n > 0 && n < all.length;
  }
}

async function refresh() {
  const results = document.getElementById("results");
  if (!results || !window.htmx) return;
  const ticked = new Set(picks().filter((one) => one.checked).map((one) => one.value));
  await window.htmx.ajax("GET", results.dataset.list, {
    target: "#results",
    select: "#results",
    swap: "outerHTML show:none",
  });
  for (const one of picks()) one.checked = ticked.has(one.value);
  showPicked();
}

export function followList() {
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) {
      for (const one of picks()) one.checked = event.target.checked;
    }
    if (event.target.matches("[data-pick], [data-pick-all]")) showPicked();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-bulk-clear]")) return;
    for (const one of picks()) one.checked = false;
    showPicked();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id === "results" || document.querySelector("[data-bulk]")) showPicked();
  });
  // Sent by the server when an edit in the flyout was saved.
  document.addEventListener("actions-changed", () => {
    if (document.getElementById("results")) refresh();
    else document.documentElement.dataset.outdated = "";
  });
  showPicked();
}
