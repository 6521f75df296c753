// The home page: selecting a player, panes as tabs, folding the right one, solve and go on to the next.
const home = document.getElementById("home");
if (home) start();

function start() {
  restoreFold();
  document.addEventListener("click", clicked);
  document.addEventListener("pd:select", ({ detail }) => pick(detail.id, detail.address));
  document.body.addEventListener("htmx:beforeRequest", selecting);
  document.body.addEventListener("htmx:afterSwap", shown);
  document.body.addEventListener("htmx:configRequest", askForNext);
  document.body.addEventListener("htmx:beforeRequest", remember);
  document.body.addEventListener("htmx:afterSettle", goOn);
  document.querySelector('[role="tablist"]').addEventListener("keydown", arrows);
}

function clicked({ target }) {
  const tab = target.closest('[role="tab"]');
  if (tab) choose(tab);
  if (target.closest("[data-fold]")) fold();
}

function choose(tab) {
  home.dataset.tab = tab.dataset.tab;
  for (const other of tab.parentElement.children) {
    other.setAttribute("aria-selected", other === tab);
    other.tabIndex = other === tab ? 0 : -1;
  }
}

function arrows(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const tabs = [...event.currentTarget.children];
  const next = tabs[(tabs.indexOf(event.target) + step + tabs.length) % tabs.length];
  next.focus();
  choose(next);
}

function fold() {
  home.dataset.c = home.dataset.c === "off" ? "on" : "off";
  localStorage.setItem("pd:fold", home.dataset.c);
}

function restoreFold() {
  const kept = localStorage.getItem("pd:fold");
  home.dataset.c = kept || (innerWidth >= 992 && innerWidth < 1240 ? "off" : "on");
}

// A hit of the search: the row if it is in the list, else the same request by hand.
function pick(id, address) {
  const row = document.getElementById(`row-${id}`);
  if (row) return row.click();
  mark(id);
  history.pushState({ htmx: true }, "", address);
  htmx.ajax("GET", `/home/player/${id}`, { target: "#work", swap: "innerHTML" });
}

function mark(id) {
  home.querySelector('.pd-prow[aria-current="true"]')?.removeAttribute("aria-current");
  document.getElementById(`row-${id}`)?.setAttribute("aria-current", "true");
}

function selecting({ detail }) {
  const row = detail.elt.closest?.(".pd-prow");
  if (row) mark(row.dataset.player);
}

function shown({ detail }) {
  if (detail.target.id !== "work") return;
  document.getElementById("work-scroll")?.scrollTo(0, 0);
  if (innerWidth < 992) choose(document.getElementById("tab-t"));
}

// 解决并下一个: when the solved row is back, the next open ticket is opened and its solution waits for typing.
let solved = null;
function remember({ detail }) {
  const submitter = detail.requestConfig.triggeringEvent?.submitter;
  solved = submitter?.matches("[data-solve]") ? detail.elt.closest("[data-row]")?.id : null;
}
function goOn({ detail }) {
  if (solved && detail.xhr?.status === 200 && detail.elt.id === solved) {
    const row = document.getElementById(solved);
    solved = null;
    if (row && !row.hasAttribute("data-open")) nextOpen(row);
  }
}
const unsolved = (row) => [...document.querySelectorAll("#tickets [data-row]")].filter((other) => other !== row && !other.querySelector('[data-s="done"][aria-pressed="true"]'));
// The next one comes open with the answer, unless another is open already: what is typed there stays.
function askForNext({ detail }) {
  const row = detail.triggeringEvent?.submitter?.matches("[data-solve]") && detail.elt.closest("[data-row]");
  const rest = row ? unsolved(row) : [];
  if (rest.length && !rest.some((other) => other.hasAttribute("data-open"))) detail.parameters.next = rest[0].id.replace("ticket-", "");
}
function nextOpen(row) {
  const rest = unsolved(row);
  const open = rest.find((other) => other.hasAttribute("data-open"));
  if (open) open.querySelector("[data-solution]")?.focus();
  else rest[0]?.querySelector("[data-row-link]")?.click();
}

// Opening a row puts the cursor where one writes; asking for something puts it there too.
document.body.addEventListener("htmx:afterSettle", ({ detail }) => {
  const row = detail.elt;
  if (!row.matches?.(".pd-tk[data-open]")) return;
  (row.querySelector("[autofocus], [aria-invalid]") || row.querySelector("[data-solution]"))?.focus({ preventScroll: false });
});
