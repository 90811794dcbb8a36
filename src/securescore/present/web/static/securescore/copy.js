// A button with data-copy="#id" copies the text or value of that element and says so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  const text = (source.value ?? source.textContent).trim();
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    if (source.select) source.select();
    else window.getSelection().selectAllChildren(source);
    button.textContent = "Selected: press Ctrl+C";
  }
});
