// Drafts: every [data-draft] text is kept in this browser while it is written, put back after a reload, dropped once saved.
const texts = document.getElementById("texts").dataset;
const owner = document.body.dataset.staff;
const name = (key) => `pd:draft:${owner}:${key}`;
const DAYS = 14;

const read = (key) => JSON.parse(localStorage.getItem(name(key)) || "null");
const drop = (key) => localStorage.removeItem(name(key));

function keep(area) {
  if (area.value.trim() === area.defaultValue.trim()) return drop(area.dataset.draft);
  localStorage.setItem(name(area.dataset.draft), JSON.stringify({ text: area.value, at: Date.now() }));
  tell(area, texts.kept.replace("%s", new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })));
}

function restore(area) {
  const draft = read(area.dataset.draft);
  if (!draft || draft.text.trim() === area.value.trim()) return;
  area.value = draft.text;
  tell(area, texts.draft, true);
  showForm(area);
}

function showForm(area) {
  const form = area.closest(".pd-quick");
  if (form) form.dataset.shown = "";
}

function tell(area, text, droppable) {
  const state = area.parentElement.querySelector("[data-draft-state]") || made(area);
  state.textContent = text;
  if (!droppable) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "pd-btn pd-btn-link pd-xs";
  button.textContent = texts.drop;
  button.addEventListener("click", () => { area.value = area.defaultValue; drop(area.dataset.draft); state.textContent = ""; });
  state.append(" ", button);
}

function made(area) {
  const state = document.createElement("span");
  state.className = "pd-help";
  state.dataset.draftState = "";
  area.after(state);
  return state;
}

let timer;
document.addEventListener("input", ({ target }) => {
  if (!target.matches?.("[data-draft]")) return;
  clearTimeout(timer);
  timer = setTimeout(() => keep(target), 250);
});
addEventListener("pagehide", () => document.querySelectorAll("[data-draft]").forEach((area) => { if (area.value !== area.defaultValue) keep(area); }));

const restoreIn = (root) => root.querySelectorAll?.("[data-draft]").forEach(restore);
document.body.addEventListener("htmx:load", ({ detail }) => restoreIn(detail.elt));
restoreIn(document);

// Saved: the drafts of the form that was sent are no longer needed. Done before the answer is swapped in, or it would be restored.
document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const form = detail.requestConfig.elt.closest?.("form");
  if (!form || detail.requestConfig.verb === "get" || detail.xhr.status >= 300) return;
  clearTimeout(timer);
  form.querySelectorAll("[data-draft]").forEach((area) => drop(area.dataset.draft));
});
document.addEventListener("pd:drop-drafts", ({ detail }) => detail.forEach(drop));

// Old drafts do not stay for ever on a shared computer.
for (const key of Object.keys(localStorage)) {
  if (!key.startsWith("pd:draft:")) continue;
  const { at } = JSON.parse(localStorage.getItem(key));
  if (Date.now() - at > DAYS * 86400000) localStorage.removeItem(key);
}
