// Lets a card be dragged to another column; without this file the buttons on the card do the same.
"use strict";
let held = null;
for (const card of document.querySelectorAll(".lane .card[draggable]")) {
  card.addEventListener("dragstart", (event) => {
    held = card;
    event.dataTransfer.effectAllowed = "move";
    card.classList.add("held");
  });
  card.addEventListener("dragend", () => card.classList.remove("held"));
}
for (const lane of document.querySelectorAll(".lane[data-name]")) {
  lane.addEventListener("dragover", (event) => {
    event.preventDefault();
    lane.classList.add("over");
  });
  lane.addEventListener("dragleave", () => lane.classList.remove("over"));
  lane.addEventListener("drop", (event) => {
    event.preventDefault();
    lane.classList.remove("over");
    if (!held || held.closest(".lane") === lane) return;
    const form = held.querySelector("form.move");
    const to = document.createElement("input");
    to.type = "hidden";
    to.name = "to";
    to.value = lane.dataset.name;
    form.append(to);
    form.submit();
  });
}
