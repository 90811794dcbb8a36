// A recommended action opens beside the list. Its address is that of its page, so that copying
// it, going back and opening it in a tab all do what one expects.

export function followFlyout() {
  const dialog = document.getElementById("flyout");
  const body = document.getElementById("flyout-body");
  if (!dialog || !window.htmx) return;
  let opener = null;

  const open = async (href, push) => {
    await window.htmx.ajax("GET", href, { target: body, swap: "innerHTML" });
    if (!body.querySelector("article")) {
      window.location.assign(href);
      return;
    }
    if (push) window.history.pushState({ flyout: href }, "", href);
    else window.history.replaceState({ flyout: href }, "", href);
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    dialog.setAttribute("aria-label", body.querySelector(".action-title").textContent);
    body.querySelector(".action-title").focus({ preventScroll: true });
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-flyout]");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (!link || !plain) return;
    event.preventDefault();
    if (!dialog.open) opener = link;
    open(link.href, !dialog.open);
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
  });
  dialog.addEventListener("close", () => {
    body.replaceChildren();
    if (window.history.state?.flyout) window.history.back();
    opener?.focus();
    opener = null;
  });
  window.addEventListener("popstate", (event) => {
    if (event.state?.flyout) open(event.state.flyout, false);
    else if (dialog.open) dialog.close();
  });
}
