// allauth's script does the work; this says in words what went wrong.
const place = document.getElementById("passkey-error");

function words(error) {
  if (!window.isSecureContext) {
    return "Passkeys need https, or the name localhost. This page came through plain http.";
  }
  if (error.name === "SecurityError") {
    return "Passkeys need a host name; an address of numbers such as 127.0.0.1 has none. Open this page as localhost or by its name.";
  }
  if (error.name === "InvalidStateError") return "This key is added already.";
  if (error.name === "NotAllowedError") return "No key answered, or you broke it off. Try again.";
  return "That did not work. Try again, or sign in another way.";
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  place.textContent = words(event.detail.exception);
  place.hidden = false;
});
