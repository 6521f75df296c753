// The stale write (412): the dialogue itself comes from the server; here nothing typed is lost whichever way is taken.
const texts = document.getElementById("texts").dataset;
let mine = []; // [{key, text}] of the form that was refused

document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.status !== 412) return;
  const areas = detail.requestConfig.elt.closest("form")?.querySelectorAll("[data-draft]") ?? [];
  mine = [...areas].map((area) => ({ key: area.dataset.draft, text: area.value }));
});

const dropDrafts = () => document.dispatchEvent(new CustomEvent("pd:drop-drafts", { detail: mine.map((entry) => entry.key) }));

document.addEventListener("click", ({ target }) => {
  if (!target.closest?.("[data-theirs]")) return;
  dropDrafts();
  document.getElementById("dialog").close();
  document.dispatchEvent(new CustomEvent("pd:say", { detail: { text: texts.theirs, action: { word: texts.back, run: putBack } } }));
});

document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.requestConfig.elt.matches?.("[data-conflict]") && detail.xhr.status < 300) dropDrafts();
});

function putBack() {
  for (const { key, text } of mine) {
    const area = document.querySelector(`[data-draft="${CSS.escape(key)}"]`);
    if (!area) continue;
    area.value = text;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
