// Makes a picture that was chosen small before it is sent: photos of phones are far larger than any page shows them.
// Beside it goes a very small one for lists. Without this file, or where a browser cannot read it, it is sent as it is.
"use strict";
const LARGE = 2000, SMALL = 480, SEE_THROUGH = ["image/png", "image/webp"];
const waiting = new Set();

async function scaled(bitmap, most, name, type, quality) {
  const part = Math.min(1, most / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * part));
  canvas.height = Math.max(1, Math.round(bitmap.height * part));
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, type, quality));
  return new File([blob], name, { type: blob.type });
}

function put(input, file) {
  const list = new DataTransfer();
  list.items.add(file);
  input.files = list.files;
}

async function prepare(input) {
  const beside = `${input.name}-small`;
  input.form.querySelector(`[name="${CSS.escape(beside)}"]`)?.remove();
  const file = input.files[0];
  if (!file || !file.type.startsWith("image/")) return;
  const bitmap = await createImageBitmap(file);
  const small = document.createElement("input");
  Object.assign(small, { type: "file", name: beside, hidden: true });
  put(small, await scaled(bitmap, SMALL, file.name, "image/webp", 0.75));
  const isLarge = Math.max(bitmap.width, bitmap.height) > LARGE && file.type !== "image/gif";
  const large = isLarge ? await scaled(bitmap, LARGE, file.name, SEE_THROUGH.includes(file.type) ? "image/webp" : "image/jpeg", 0.85) : file;
  // Another one may have been chosen meanwhile.
  if (input.files[0] !== file) return;
  if (large.size < file.size) put(input, large);
  input.after(small);
}

document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches("input[type=file][data-picture]")) return;
  const work = prepare(input).catch(() => {}).finally(() => waiting.delete(work));
  waiting.add(work);
});

// Who sends the form at once sends the small picture all the same.
document.addEventListener("submit", (event) => {
  if (!waiting.size) return;
  event.preventDefault();
  Promise.all(waiting).then(() => event.target.requestSubmit(event.submitter));
});
