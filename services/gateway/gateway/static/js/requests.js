// Every request of the page: the CSRF token, 保存中…, the skeleton after 150 ms, and what to do when one is refused or lost.
const texts = document.getElementById("texts").dataset;
const saving = document.getElementById("saving");
const token = document.querySelector('meta[name="csrf-token"]');
const say = (text) => document.dispatchEvent(new CustomEvent("pd:say", { detail: { text } }));

document.body.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = token.content;
  delete event.detail.parameters.csrf_token; // the header is the fresh one: a form may be older than the login
});

const slow = new WeakMap();

document.body.addEventListener("htmx:beforeRequest", ({ detail }) => {
  const writes = detail.requestConfig.verb !== "get" && !quiet(detail.elt);
  if (writes) {
    saving.textContent = saving.dataset.text;
    saving.hidden = false;
    clearProblems(detail.elt);
  }
  const region = quiet(detail.elt) ? null : detail.target?.closest?.("[data-region]");
  if (region && !writes) slow.set(detail.xhr, setTimeout(() => region.setAttribute("data-slow", ""), 150));
});

document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  saving.hidden = true;
  clearTimeout(slow.get(detail.xhr));
  document.querySelectorAll("[data-slow]").forEach((region) => region.removeAttribute("data-slow"));
});

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  if ([400, 409, 422, 428, 429].includes(xhr.status)) intoTheForm(event, requestConfig.elt);
  else if (xhr.status === 503) awayRegion(event, requestConfig);
});

function intoTheForm(event, elt) {
  const slot = elt.closest("form")?.querySelector("[data-problem]");
  if (slot) {
    event.detail.target = slot;
    event.detail.swapOverride = "innerHTML";
    return;
  }
  event.detail.shouldSwap = false;
  say(plain(event.detail.xhr.responseText));
}

function awayRegion(event, config) {
  const reads = config.verb === "get" && !quiet(config.elt);
  const slot = config.elt.closest("form")?.querySelector("[data-problem]");
  event.detail.isError = false;
  event.detail.shouldSwap = reads || Boolean(slot);
  event.detail.swapOverride = "innerHTML";
  if (!reads && slot) event.detail.target = slot;
  else if (!reads && !quiet(config.elt)) say(plain(event.detail.xhr.responseText) || texts.failed);
}

const quiet = (elt) => Boolean(elt?.closest?.("[data-quiet]"));
const plain = (html) => new DOMParser().parseFromString(html, "text/html").body.textContent.trim().split("\n")[0] || texts.failed;

document.body.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (!detail.target.matches("[data-problem]")) return;
  const form = detail.target.closest("form");
  for (const item of detail.target.querySelectorAll("[data-field]")) {
    const field = item.dataset.field && form.elements[item.dataset.field];
    field?.setAttribute?.("aria-invalid", "true");
  }
  form.querySelector("[aria-invalid]")?.focus();
});

function clearProblems(elt) {
  const form = elt.closest("form");
  form?.querySelectorAll("[data-problem]").forEach((slot) => slot.replaceChildren());
  form?.querySelectorAll("[aria-invalid]").forEach((field) => field.removeAttribute("aria-invalid"));
}

document.body.addEventListener("htmx:sendError", ({ detail }) => { if (!quiet(detail.elt)) say(texts.offline); });
document.body.addEventListener("htmx:timeout", ({ detail }) => { if (!quiet(detail.elt)) say(texts.slow); });
document.body.addEventListener("htmx:responseError", ({ detail }) => {
  if (![401, 403, 412, 503].includes(detail.xhr.status) && !quiet(detail.elt)) say(plain(detail.xhr.responseText));
});
