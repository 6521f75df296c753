// The search box: from 2 characters, never while an IME composes; arrows choose, Enter opens, one exact hit needs no choosing.
const box = document.getElementById("search-box");
const panel = document.getElementById("search-panel");
const form = document.getElementById("search");
let composing = false, wanted = false, answered = "";

const options = () => [...panel.querySelectorAll('[role="option"]')];
const active = () => panel.querySelector('[aria-selected="true"]');

box.addEventListener("compositionstart", () => { composing = true; });
box.addEventListener("compositionend", () => { composing = false; htmx.trigger(box, "pd:search"); });
box.addEventListener("htmx:configRequest", (event) => {
  if (composing || box.value.trim().length < 2) { event.preventDefault(); if (!composing) close(); }
});
box.addEventListener("input", () => { wanted = false; if (box.value.trim().length < 2) close(); });
box.addEventListener("focus", () => { if (panel.childElementCount && box.value.trim().length >= 2) open(); });

// After settling, not after swapping: only then a hit that is clicked is a request in place.
panel.addEventListener("htmx:afterSettle", () => {
  answered = box.value.trim();
  open();
  select(panel.querySelector("[data-exact]") || (options().length === 1 ? options()[0] : null));
  if (wanted && !active()?.matches("[data-new]")) choose();
  wanted = false;
});

function open() { panel.hidden = false; box.setAttribute("aria-expanded", "true"); }
function close() {
  panel.hidden = true;
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
}

function select(option) {
  active()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) box.setAttribute("aria-activedescendant", option.id);
}

box.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); step(event.key === "ArrowDown" ? 1 : -1); }
  if (event.key === "Escape") { if (!panel.hidden) { event.stopPropagation(); close(); } else box.blur(); }
});

function step(by) {
  const all = options(), at = all.indexOf(active());
  if (all.length) select(all[(at + by + all.length) % all.length]);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (answered === box.value.trim() && !panel.hidden) return choose();
  wanted = true; // Enter came before the answer: the answer will be opened
  htmx.trigger(box, "pd:search");
});

function choose() {
  if (active()) active().click();
  else select(options()[0]);
}

// A player is opened in place on the home page, elsewhere by its address.
document.addEventListener("click", (event) => {
  const hit = event.target.closest("[data-select]");
  if (hit) {
    finish();
    const home = document.getElementById("home");
    if (!home) return;
    event.preventDefault();
    const address = new URL(hit.href);
    if (home.dataset.view) address.searchParams.set("view", home.dataset.view);
    document.dispatchEvent(new CustomEvent("pd:select", { detail: { id: hit.dataset.select, address: address.pathname + address.search } }));
  } else if (event.target.closest("[data-new]")) finish();
  else if (!event.target.closest("#search")) close();
});

function finish() {
  close();
  document.getElementById("palette").close();
  box.value = "";
  box.blur();
}
