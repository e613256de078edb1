// Adds a line to the form at once; without this file the same button asks the app for more.
"use strict";
for (const button of document.querySelectorAll("[data-adds-line]")) {
  const lines = button.closest("section").querySelector(".lines-entered");
  // The last line is a new one: what is kept stands above.
  const blank = lines.lastElementChild.cloneNode(true);
  let next = Number(blank.id.replace("line-", "")) + 1;
  for (const part of blank.querySelectorAll(".wrong, [type=hidden]")) part.remove();
  button.addEventListener("click", (event) => {
    event.preventDefault();
    const line = blank.cloneNode(true);
    const before = new RegExp(`^${blank.id}(?=-|$)`);
    line.id = `line-${next}`;
    line.querySelector("legend").textContent = `Line ${lines.children.length + 1}`;
    for (const part of line.querySelectorAll("[id], [name], [for]")) {
      for (const name of ["id", "name", "for"]) {
        if (part.hasAttribute(name)) part.setAttribute(name, part.getAttribute(name).replace(before, line.id));
      }
    }
    for (const part of line.querySelectorAll("input, select, textarea")) {
      part.removeAttribute("aria-invalid");
      part.removeAttribute("aria-describedby");
      if (part.type === "checkbox") part.checked = false;
      else part.value = "";
    }
    lines.append(line);
    next += 1;
    line.querySelector("input, select, textarea").focus();
  });
}
