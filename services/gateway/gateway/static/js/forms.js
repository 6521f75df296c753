// Forms in place: shown and hidden, filled in, chips by number, quick dates; the sale's amount follows its price.
const show = (form, focus = true) => {
  form.dataset.shown = "";
  form.scrollIntoView({ block: "nearest" });
  if (focus) form.querySelector("[data-chips] input:checked, [data-chips] input, textarea, input:not([type=hidden])")?.focus();
};

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-show]");
  if (opener) {
    event.preventDefault();
    const form = document.getElementById(opener.dataset.show);
    if (form) { fill(form, opener.dataset.fill); show(form); }
  }
  const hider = event.target.closest("[data-hide]");
  if (hider) { event.preventDefault(); hide(hider.closest("form")); }
  const days = event.target.closest("[data-days]");
  if (days) inDays(days);
});

function hide(form) {
  delete form.dataset.shown;
  document.querySelector(`[data-show="${form.id}"]`)?.focus();
}

function fill(form, json) {
  for (const [name, value] of Object.entries(JSON.parse(json || "{}"))) {
    const field = form.elements[name];
    if (!field || !value) continue;
    field.value = value;
    htmx.trigger(field, "pd:fill");
  }
}

// 20:00 of the desk's day, some days on: when players answer.
function inDays(button) {
  const at = new Date(Date.now() + Number(button.dataset.days) * 86400000);
  const pad = (number) => String(number).padStart(2, "0");
  const field = document.getElementById(button.closest("[data-soon]").dataset.soon);
  field.value = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}T20:00`;
}

// Digits choose a chip while the focus is among the chips, and lead on to the next visible group or field.
document.addEventListener("keydown", (event) => {
  const group = event.target.closest?.("[data-chips]");
  if (!group || event.isComposing || event.ctrlKey || event.metaKey || !/^[1-9]$/.test(event.key)) return;
  const chip = group.querySelectorAll("input")[Number(event.key) - 1];
  if (!chip) return;
  event.preventDefault();
  event.stopPropagation();
  chip.checked = true;
  chip.dispatchEvent(new Event("change", { bubbles: true }));
  next(group)?.focus();
}, true);

function next(group) {
  const form = group.closest("form");
  const stops = [...form.querySelectorAll("[data-chips], input:not([type=hidden]):not([type=radio]), select, textarea")];
  const after = stops.slice(stops.indexOf(group) + 1).find((stop) => stop.offsetParent && !group.contains(stop));
  return after?.matches("[data-chips]") ? after.querySelector("input:checked") || after.querySelector("input") : after;
}

// In the quick forms Enter in a line goes on to the next field: only Ctrl+Enter and the button save.
document.addEventListener("keydown", (event) => {
  const line = event.target;
  if (event.key !== "Enter" || event.isComposing || event.ctrlKey || !line.matches?.(".pd-quick input:not([type=radio])")) return;
  event.preventDefault();
  line.dispatchEvent(new Event("change", { bubbles: true }));
  const fields = [...line.form.querySelectorAll("input:not([type=hidden]):not([type=radio]), textarea, button")].filter((field) => field.offsetParent);
  fields[fields.indexOf(line) + 1]?.focus();
});

// A pack that is filled in is not asked for again when the cursor leaves its number: its price may have been changed meanwhile.
document.body.addEventListener("htmx:confirm", (event) => {
  const box = event.detail.elt, number = box.value?.trim();
  if (box.id !== "sale-pack-no") return;
  if (box.dataset.asked === number) event.preventDefault();
  else box.dataset.asked = number;
});
for (const lost of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.body.addEventListener(lost, ({ detail }) => { if (detail.elt.id === "sale-pack-no") delete detail.elt.dataset.asked; });
}

// The paid amount follows price × quantity until it is typed by hand.
document.addEventListener("input", ({ target }) => {
  const form = target.closest?.("[data-sale-form]");
  if (!form) return;
  if (target.name === "amount") form.dataset.typed = "";
  else if (target.name === "price" || target.name === "quantity") amount(form);
});
document.body.addEventListener("htmx:afterSwap", ({ detail }) => {
  const form = detail.target.closest?.("[data-sale-form]");
  if (form && detail.target.id === "sale-pack") amount(form);
});
function amount(form) {
  const price = Number(form.elements.price?.value), quantity = Number(form.elements.quantity.value) || 1;
  if (!("typed" in form.dataset) && form.elements.price) form.elements.amount.value = price ? String(Math.round(price * quantity * 100) / 100) : "";
}

// Filters apply as they are chosen; the address keeps only those that are set.
document.addEventListener("change", ({ target }) => {
  const auto = target.closest?.("[data-auto]");
  if (auto && target.matches("select")) auto.requestSubmit();
});
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("[data-auto], [role=search]")) return;
  for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
});
