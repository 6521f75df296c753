// The pack builder: steppers, subtotals, price and discount following one another by the service's verdict.
const form = document.querySelector("[data-pack-form]");
if (form) start();

function start() {
  form.addEventListener("click", clicked);
  form.addEventListener("input", typed);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.ctrlKey && !event.isComposing && event.target.matches("input")) event.preventDefault();
  });
  document.body.addEventListener("htmx:afterSwap", ({ detail }) => {
    if (detail.target.id === "verdict") follow(detail.xhr.responseText);
    if (detail.target.id === "pack-body") marks();
  });
}

function clicked({ target }) {
  const step = target.closest("[data-step]");
  if (step) stepBy(step.parentElement.querySelector("input"), Number(step.dataset.step));
  const price = target.closest("[data-set-price]");
  if (price) put(form.elements.price, price.dataset.setPrice);
}

function stepBy(field, by) {
  put(field, String(Math.max(1, (Number(field.value) || 1) + by)));
}

// Setting a value by script is no input event: htmx is told by one.
function put(field, value) {
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function typed({ target }) {
  if (target.dataset.by) form.elements.by.value = target.dataset.by;
  const line = target.closest("[data-line]");
  if (!line) return;
  const sum = Number(line.dataset.line) * (Number(target.value) || 0);
  line.querySelector("[data-subtotal]").textContent = `¥${sum.toLocaleString("en", { maximumFractionDigits: 2 })}`;
}

// The field one does not type in follows the verdict: a price for a discount, a discount for a price.
function follow(html) {
  const values = new DOMParser().parseFromString(html, "text/html").querySelector("template[data-price]")?.dataset;
  if (!values) return;
  const other = form.elements.by.value === "discount" ? "price" : "discount";
  form.elements[other].value = values[other];
}

// Items that are in the pack carry a tick in the list.
function marks() {
  const taken = new Set([...form.querySelectorAll('[name="line_id"]')].map((field) => field.value));
  const sprite = (name) => form.querySelector("[data-add] use")?.getAttribute("href").replace(/#.*/, `#${name}`);
  for (const button of form.querySelectorAll("[data-add]")) {
    const inside = taken.has(button.value);
    button.closest("li").toggleAttribute("data-in", inside);
    button.querySelector("use").setAttribute("href", sprite(inside ? "check" : "plus"));
  }
}
