// A recommended action opens beside the list. Its address is that of its page, so that copying
// it, going back and opening it in a tab all do what one expects.

export function followFlyout() {
  const dialog = document.getElementById("flyout");
  const body = document.getElementById("flyout-body");
  if (!dialog || !window.htmx) return;
  let opener = "";
  let sent = "";

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
    sent = written();
  };

  // What stands in the form, to see whether something typed would be lost.
  const written = () => {
    const form = body.querySelector("form[data-work]");
    if (!form) return "";
    const fields = new FormData(form);
    fields.delete("csrfmiddlewaretoken");
    return new URLSearchParams(fields).toString();
  };
  const mayLeave = () =>
    written() === sent || window.confirm("What you typed is not saved. Leave it?");

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-flyout]");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (!link || !plain) return;
    event.preventDefault();
    if (dialog.open && !mayLeave()) return;
    if (!dialog.open) opener = link.getAttribute("href");
    open(link.href, !dialog.open);
  });
  dialog.addEventListener("click", (event) => {
    const closing = event.target === dialog || event.target.closest("[data-close]");
    if (closing && mayLeave()) dialog.close();
  });
  dialog.addEventListener("cancel", (event) => {
    if (body.querySelector("details.menu[open]") || !mayLeave()) event.preventDefault();
  });
  dialog.addEventListener("close", () => {
    body.replaceChildren();
    sent = "";
    const isOutdated = "outdated" in document.documentElement.dataset;
    if (window.history.state?.flyout) {
      if (isOutdated) window.addEventListener("popstate", () => window.location.reload(), { once: true });
      window.history.back();
    } else if (isOutdated) {
      window.location.reload();
    }
    document.querySelector(`a[data-flyout][href="${CSS.escape(opener)}"]`)?.focus();
    opener = "";
  });
  window.addEventListener("popstate", (event) => {
    if (event.state?.flyout) open(event.state.flyout, false);
    else if (dialog.open) dialog.close();
  });

  // The answer to a form of the flyout: what is wrong, or what was said, is where one looks.
  body.addEventListener("htmx:afterSwap", () => {
    const first = body.querySelector("[aria-invalid], .conflict, .flyout-said .said");
    if (!first) return;
    sent = body.querySelector("[aria-invalid], .conflict") ? "typed" : written();
    if (first.matches("[aria-invalid], .conflict")) first.focus();
    first.scrollIntoView({ block: "center" });
  });
  // Nothing came back, or something that is no form: what was typed stays where it is.
  for (const name of ["htmx:responseError", "htmx:sendError"]) {
    body.addEventListener(name, (event) => {
      const form = event.detail.elt.closest("form");
      if (!form) return;
      const status = event.detail.xhr?.status;
      const note = form.querySelector(".not-sent") || document.createElement("p");
      note.className = "notice notice-error not-sent";
      note.setAttribute("role", "alert");
      note.textContent = status
        ? `That did not work (${status}). What you typed is still here; copy it, load the page again and send it once more.`
        : "The server did not answer. What you typed is still here; try again.";
      form.prepend(note);
    });
  }
}
