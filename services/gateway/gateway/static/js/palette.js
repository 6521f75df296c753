// The command palette: commands are there already and are filtered here; players and records are searched for.
const palette = document.getElementById("palette");
const box = document.getElementById("palette-box");
const hits = document.getElementById("palette-hits");
const options = () => [...palette.querySelectorAll('[role="option"]')].filter((option) => !option.hidden);
const commands = [...palette.querySelectorAll('[role="option"]')];
commands.forEach((command, index) => { command.id = `command-${index}`; });

box.addEventListener("htmx:configRequest", (event) => { if (box.value.trim().length < 2) event.preventDefault(); });
box.addEventListener("input", (event) => {
  if (event.isComposing) return;
  const typed = box.value.trim().toLowerCase();
  if (typed.length < 2) hits.replaceChildren();
  for (const command of commands) command.hidden = Boolean(typed) && !command.textContent.toLowerCase().includes(typed);
  select(options()[0]);
});
hits.addEventListener("htmx:afterSwap", () => select(options()[0]));

function select(option) {
  palette.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) box.setAttribute("aria-activedescendant", option.id);
}

palette.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  const all = options(), at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") select(all[(at + 1) % all.length]);
  else if (event.key === "ArrowUp") select(all[(at - 1 + all.length) % all.length]);
  else if (event.key === "Enter") all[Math.max(0, at)]?.click();
  else return;
  event.preventDefault();
});

// A command that the page has a button for presses it; the others are links.
palette.addEventListener("click", (event) => {
  const command = event.target.closest("[data-run]");
  if (!command) return;
  const button = [...document.querySelectorAll(`main [data-run="${command.dataset.run}"]`)].find((node) => node.offsetParent);
  if (!button) return;
  event.preventDefault();
  palette.close();
  button.click();
});
palette.addEventListener("close", () => { box.value = ""; hits.replaceChildren(); commands.forEach((command) => { command.hidden = false; }); });
