// Toasts: what was done, and 撤销 for 8 seconds. The region exists before its text, so that it is read out.
const place = document.getElementById("toasts");
const texts = document.getElementById("texts").dataset;
const LIFE = 8000;

document.body.addEventListener("pd:toast", ({ detail }) => {
  const { text, undo } = detail;
  show(text, undo && { word: texts.undo, run: () => send(undo) });
});
document.addEventListener("pd:say", ({ detail }) => show(detail.text, detail.action));
document.querySelectorAll("[data-toast]").forEach((toast) => setTimeout(() => toast.remove(), LIFE));

function send(undo) {
  const target = document.querySelector(undo.target) ? undo.target : "body";
  htmx.ajax("POST", undo.url, { target, swap: target === "body" ? "none" : "outerHTML", values: undo.fields });
}

function show(text, action) {
  const toast = document.createElement("div");
  toast.className = "pd-toast";
  const words = document.createElement("span");
  words.textContent = text;
  toast.append(words);
  if (action) toast.append(button(action, toast));
  place.replaceChildren(toast);
  live(toast);
}

function button(action, toast) {
  const undo = document.createElement("button");
  undo.type = "button";
  undo.textContent = action.word;
  undo.addEventListener("click", () => { toast.remove(); action.run(); });
  toast.classList.add("pd-toast-undo");
  return undo;
}

// The countdown rests while the pointer or the focus is on the toast.
function live(toast) {
  let timer = setTimeout(() => toast.remove(), LIFE);
  const hold = () => { clearTimeout(timer); toast.classList.add("pd-hold"); };
  const go = () => { toast.classList.remove("pd-hold"); timer = setTimeout(() => toast.remove(), LIFE / 2); };
  toast.addEventListener("mouseenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("mouseleave", go);
  toast.addEventListener("focusout", go);
}
