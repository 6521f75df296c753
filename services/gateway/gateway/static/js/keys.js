// The keyboard layer. Letters work outside inputs only, never while an IME composes, and can be switched off.
const letters = document.body.dataset.letterKeys === "on";
const typing = (node) => node.matches?.("textarea, select, [contenteditable], input:not([type=radio]):not([type=checkbox]):not([type=button])");
const visible = (node) => node && node.offsetParent !== null && !node.disabled;
const find = (selector) => [...document.querySelectorAll(selector)].find(visible);
const press = (node) => { if (!node) return false; node.click(); return true; };
let going = 0; // when g was pressed

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
  if (combination(event) || (!modified(event) && plain(event))) event.preventDefault();
});

const modified = (event) => event.ctrlKey || event.metaKey || event.altKey;

function combination(event) {
  if (!(event.ctrlKey || event.metaKey)) return false;
  if (event.key.toLowerCase() === "k") return openDialog("palette");
  if (event.key !== "Enter") return false;
  const form = event.target.closest("form");
  if (!form) return false;
  return press((event.shiftKey && form.querySelector("[data-solve]")) || form.querySelector("[data-save]"));
}

function plain(event) {
  if (event.key === "Escape") return escape(event);
  if (typing(event.target) || document.querySelector("dialog[open]")) return false;
  if (event.key === "/") return focus(document.getElementById("search-box"));
  if (event.key === "?") return openDialog("keys");
  if (event.key === "]") return press(find("[data-fold]"));
  if (!letters) return false;
  if (going && Date.now() - going < 1200) return go(event.key);
  return letter(event.key);
}

function letter(key) {
  switch (key) {
    case "g": going = Date.now(); return true;
    case "j": return move(1);
    case "k": return move(-1);
    case "n": case "t": case "b": case "p": return press(find(`[data-run="${key}"]`));
    case "e": return press(within("[data-edit]"));
    case "a": return press(within("[data-transfer]"));
    case "s": return solution();
    case "1": case "2": case "3": return press(within(".pd-st")?.querySelectorAll("button")[key - 1]);
    default: return false;
  }
}

function go(key) {
  going = 0;
  return press(find(`[data-go="${key}"]`));
}

const openTicket = () => document.querySelector(".pd-tk[data-open]");
const currentRow = () => document.activeElement?.closest("[data-row]");
function within(selector) {
  const inRow = currentRow()?.querySelector(selector);
  return inRow || openTicket()?.querySelector(selector) || find(`main ${selector}`);
}

function solution() {
  const area = within("[data-solution]");
  if (!area) return press(currentRow()?.querySelector("[data-row-link]"));
  return focus(area);
}

function move(step) {
  const list = document.activeElement?.closest("[data-rows]") || find("[data-rows]");
  if (!list) return false;
  const rows = [...list.querySelectorAll("[data-row]")].filter((row) => row.offsetParent);
  const at = rows.indexOf(currentRow() || list.querySelector("[aria-current='true']")?.closest("[data-row]"));
  const row = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
  return focus(row?.querySelector("[data-row-link], a, button"));
}

function escape(event) {
  if (document.querySelector("dialog[open]")) return false;
  const form = event.target.closest?.(".pd-quick[data-shown]");
  if (form) return press(form.querySelector("[data-hide]"));
  if (typing(event.target)) { event.target.blur(); return false; }
  const cancel = within("[data-cancel]");
  return cancel ? press(cancel) : press(openTicket()?.querySelector("[data-row-link]"));
}

function focus(node) {
  node?.focus();
  if (node?.select && node.type === "search") node.select();
  node?.scrollIntoView?.({ block: "nearest" });
  return Boolean(node);
}

function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!dialog.open) dialog.showModal();
  return true;
}
