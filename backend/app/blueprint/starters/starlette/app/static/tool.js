// Works the results out while something is typed; without this file the button does the same.
"use strict";
for (const form of document.querySelectorAll("form[data-live]")) {
  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const asked = new URLSearchParams(new FormData(form));
      asked.set("part", "1");
      const answer = await fetch(`${form.getAttribute("action")}?${asked}`);
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      form.parentElement.querySelector(".answers").replaceWith(page.querySelector(".answers"));
    }, 250);
  });
}
