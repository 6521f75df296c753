// An expired login: log in over the page, then the request that was refused is sent again, with everything typed.
const dialog = document.getElementById("relogin");
const texts = document.getElementById("texts").dataset;
const token = document.querySelector('meta[name="csrf-token"]');
let waiting = [];

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  const expired = xhr.status === 401 || (xhr.status === 403 && xhr.responseText.includes("csrf_failed"));
  if (!expired) return;
  event.detail.shouldSwap = false;
  event.detail.isError = false;
  const config = event.detail.requestConfig;
  if (config.elt.closest("[data-quiet]")) return; // what the page asks by itself waits for the next deed
  waiting.push(config);
  if (!dialog.open) dialog.showModal();
});

dialog?.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  token.content = (await (await fetch(form.action)).json()).csrf_token;
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "X-CSRFToken": token.content } });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) return wrong(form, body);
  token.content = body.csrf_token;
  form.reset();
  dialog.close();
  replay();
});

function wrong(form, { code, text }) {
  const second = form.querySelector("[data-relogin-otp]");
  const asked = code === "otp_required" || code === "wrong_otp";
  if (asked) second.hidden = false;
  form.querySelector("[data-relogin-error]").textContent = text || texts.login;
  form.elements[asked ? "otp" : "password"].select();
}

function replay() {
  const again = waiting;
  waiting = [];
  for (const config of again) {
    htmx.ajax(config.verb, config.path, { source: config.elt, target: config.target, values: fields(config.formData) });
  }
}

// Several values of one name stay several.
function fields(data) {
  const values = {};
  for (const name of new Set(data?.keys?.() ?? [])) values[name] = data.getAll(name).length > 1 ? data.getAll(name) : data.get(name);
  return values;
}
