// Dialogues and menus: opening, closing, focus; copy buttons; the rail of narrow screens.
const texts = document.getElementById("texts").dataset;
const dialog = document.getElementById("dialog");

document.body.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target !== dialog || dialog.open || !dialog.childElementCount) return;
  const title = dialog.querySelector("h2");
  if (title) dialog.setAttribute("aria-label", title.textContent);
  dialog.showModal();
});

// A form of the dialogue that was saved closes it; a refused one stays: htmx calls it successful too, as it is swapped in.
document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.successful && detail.xhr.status < 400 && detail.elt.matches?.("[data-dialog-form]")) dialog.close();
});
dialog.addEventListener("close", () => dialog.replaceChildren());

document.addEventListener("click", (event) => {
  const { target } = event;
  if (target.closest("[data-close]")) target.closest("dialog").close();
  const opener = target.closest("[data-open-dialog]");
  if (opener) document.getElementById(opener.dataset.openDialog).showModal();
  const copy = target.closest("[data-copy]");
  if (copy) copyText(copy.dataset.copy);
  if (target.closest("[data-rail]")) toggleRail(target.closest("[data-rail]"));
  if (target.tagName === "DIALOG" && target.open) target.close(); // the backdrop
  for (const menu of document.querySelectorAll("details.pd-menu[open]")) if (!menu.contains(target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing) return;
  for (const menu of document.querySelectorAll("details.pd-menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  document.querySelector("[data-rail][aria-expanded='true']")?.click();
});

async function copyText(text) {
  await navigator.clipboard?.writeText(text);
  document.dispatchEvent(new CustomEvent("pd:say", { detail: { text: texts.copied } }));
}

function toggleRail(button) {
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", open);
  document.getElementById("rail").toggleAttribute("data-open", open);
}

// The theme changes at once; the form that keeps it goes its own way.
document.addEventListener("submit", (event) => {
  const choice = event.submitter;
  if (!event.target.matches("[data-preferences]") || choice?.name !== "theme") return;
  event.preventDefault();
  const root = document.documentElement;
  if (choice.value === "system") delete root.dataset.theme;
  else root.dataset.theme = choice.value;
  choice.parentElement.querySelectorAll("button").forEach((part) => part.setAttribute("aria-pressed", part === choice));
  htmx.ajax("POST", event.target.action, { swap: "none", target: "body", values: { theme: choice.value } });
});
