// The board of opportunities: a card that is dragged into another column is sent by its own form, as the menu 移动到 does.

let dragged = null;

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.(".pd-board [draggable]");
  if (dragged) event.dataTransfer.effectAllowed = "move";
});
document.addEventListener("dragover", (event) => {
  if (dragged && column(event)) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  const to = dragged && column(event);
  if (!to) return;
  event.preventDefault();
  const form = dragged.querySelector("[data-move]");
  form.elements.stage.value = to.dataset.stage;
  if (form.elements.stage.value === to.dataset.stage && dragged.closest("[data-stage]") !== to) form.requestSubmit();
});
document.addEventListener("dragend", () => { dragged = null; });

function column(event) {
  return event.target.closest?.(".pd-board [data-stage]");
}
