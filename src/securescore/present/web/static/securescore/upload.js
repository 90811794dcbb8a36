// Drag and drop for the file field, and its limits said before anything is sent.
const MIB = 1024 * 1024;

for (const form of document.querySelectorAll("form[data-upload]")) {
  const input = form.querySelector('input[type="file"]');
  const drop = form.querySelector("[data-drop]");
  const chosen = form.querySelector("[data-chosen]");
  const error = form.querySelector("[data-upload-error]");
  const button = form.querySelector('button[type="submit"]');

  const problem = () => {
    const files = [...input.files];
    const total = files.reduce((sum, file) => sum + file.size, 0);
    if (files.length > Number(form.dataset.maxFiles)) {
      return `${files.length} files are too many for one import; ${form.dataset.maxFiles} at most.`;
    }
    if (total > Number(form.dataset.maxBytes)) {
      const most = Math.floor(Number(form.dataset.maxBytes) / MIB);
      return `These files have ${Math.ceil(total / MIB)} MiB together; one import takes ${most} MiB.`;
    }
    return "";
  };

  const show = () => {
    chosen.replaceChildren(
      ...[...input.files].map((file) => {
        const item = document.createElement("li");
        item.textContent = `${file.name}, ${(file.size / MIB).toFixed(1)} MiB`;
        return item;
      }),
    );
    error.textContent = problem();
    error.hidden = !error.textContent;
  };

  input.addEventListener("change", show);
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("is-over");
    });
  }
  for (const kind of ["dragleave", "drop"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.remove("is-over");
    });
  }
  drop.addEventListener("drop", (event) => {
    if (event.dataTransfer?.files.length) {
      input.files = event.dataTransfer.files;
      show();
    }
  });
  form.addEventListener("submit", (event) => {
    if (problem()) {
      event.preventDefault();
      show();
      error.focus?.();
      return;
    }
    button.setAttribute("aria-busy", "true");
    button.textContent = "Uploading …";
  });
}
