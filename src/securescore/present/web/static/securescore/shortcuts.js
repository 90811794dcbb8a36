// Single keys, for people who work through a list. They do nothing while one types, and nothing
// at all where they are switched off (WCAG 2.1.4).

const PLACES = { o: "", a: "actions/", h: "history/", m: "metrics/", p: "plan/" };
const CHORD_MS = 1500;

function isTyping(target) {
  return Boolean(target.closest?.("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]"));
}

function rows() {
  return [...document.querySelectorAll("#results .actions-table .action-link")];
}

function move(step) {
  const links = rows();
  if (!links.length) return;
  const here = document.activeElement?.closest("tr")?.querySelector(".action-link");
  const place = links.indexOf(here);
  const next = place < 0 ? (step > 0 ? 0 : links.length - 1) : place + step;
  links[Math.min(Math.max(next, 0), links.length - 1)].focus();
}

function go(letter) {
  const overview = document.querySelector(".main-nav a")?.getAttribute("href");
  if (!overview || !(letter in PLACES)) return false;
  const link = document.querySelector(`.main-nav a[href="${overview}${PLACES[letter]}"]`);
  link?.click();
  return Boolean(link);
}

function showHelp() {
  const dialog = document.getElementById("shortcuts");
  if (dialog && !dialog.open) dialog.showModal();
}

export function followShortcuts() {
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-shortcuts]")) showHelp();
  });
  if (document.documentElement.dataset.shortcuts === "off") return;
  let chordAt = -CHORD_MS;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const help = document.getElementById("shortcuts");
    if (help?.open) return;
    const flyout = document.getElementById("flyout");
    const action = flyout?.open ? flyout : document.querySelector("main .action");
    const isChord = event.timeStamp - chordAt < CHORD_MS;
    chordAt = -CHORD_MS;
    if (isChord && !flyout?.open && go(event.key)) {
      event.preventDefault();
      return;
    }
    const field = action?.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    const neighbour = { j: "next", k: "prev" }[event.key];
    if (event.key === "?") showHelp();
    else if (event.key === "g") chordAt = event.timeStamp;
    else if (field) {
      field.closest("details")?.setAttribute("open", "");
      field.focus();
    }
    else if (action && neighbour) action.querySelector(`a[rel="${neighbour}"]`)?.click();
    else if (flyout?.open) return;
    else if (event.key === "/") document.querySelector("[data-search]")?.focus();
    else if (neighbour) move(event.key === "j" ? 1 : -1);
    else if (event.key === "x") document.activeElement?.closest("tr")?.querySelector("[data-pick]")?.click();
    else return;
    event.preventDefault();
  });
}
