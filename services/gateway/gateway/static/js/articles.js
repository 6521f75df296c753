// The box of the knowledge base in a ticket: an article's text is put where the cursor was in the solution.
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-insert]");
  if (!button) return;
  const area = document.getElementById(button.dataset.into);
  const text = document.getElementById(button.dataset.insert)?.textContent.trim();
  if (!area || !text) return;
  const { selectionStart: from, selectionEnd: to, value } = area;
  const before = value.slice(0, from), gap = before && !before.endsWith("\n") ? "\n" : "";
  area.setRangeText(gap + text, from, to, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
  button.closest("dialog")?.close();
  area.focus();
});
