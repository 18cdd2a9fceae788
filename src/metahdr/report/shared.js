"use strict";
// What every page does: sortable tables, pictures of light, print.
const byId = (id) => document.getElementById(id);

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// ---- tables: a click on a heading sorts the rows of each group ----

function sortTable(table, index) {
  const heads = [...table.tHead.rows[0].cells];
  const down = heads[index].getAttribute("aria-sort") === "descending";
  heads.forEach((head) => head.setAttribute("aria-sort", "none"));
  heads[index].setAttribute("aria-sort", down ? "ascending" : "descending");
  const sign = down ? 1 : -1;
  const key = (row) => (index ? parseFloat(row.cells[index].dataset.value) : row.cells[0].textContent);
  const compare = (a, b) => {
    if (!index) return sign * -1 * a.localeCompare(b); // names from A to Z first
    return Number.isNaN(a) - Number.isNaN(b) || sign * (a - b); // missing values last
  };
  for (const body of table.tBodies) {
    const rows = [...body.rows].filter((row) => !row.classList.contains("group"));
    rows.sort((a, b) => compare(key(a), key(b))).forEach((row) => body.append(row));
  }
}

for (const table of document.querySelectorAll("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((head, index) => {
    head.querySelector("button").addEventListener("click", () => sortTable(table, index));
  });
}

// ---- pictures: 8 bits of log light, as light.py codes it, and linear light as tonemap.py shows it ----

// The codes of a picture's pixels, 0 to 255, (r, g, b, r, g, b, ...).
async function pixels(image) {
  await image.decode();
  const [width, height] = [image.naturalWidth, image.naturalHeight];
  const context = element("canvas", { width, height }).getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const bytes = context.getImageData(0, 0, width, height).data;
  return { codes: bytes.filter((_, i) => i % 4 !== 3), width, height };
}

// The light of each of the 256 codes.
function lightOfCodes(steep, top) {
  const range = Math.log1p(steep * top);
  return Array.from({ length: 256 }, (_, code) => Math.expm1((code / 255) * range) / steep);
}

const encode = (light) => 255 * Math.min(Math.max(light, 0), 1) ** (1 / 2.2);

// What a canvas shows, from values (r, g, b, r, g, b, ...) and a function that makes 8 bits of one.
function toImage(values, width, height, shown) {
  const image = new ImageData(width, height);
  for (let i = 0, o = 0; i < values.length; i += 3, o += 4) {
    for (let c = 0; c < 3; c++) image.data[o + c] = shown(values[i + c], i);
    image.data[o + 3] = 255;
  }
  return image;
}

// ---- print: everything that is folded away is shown ----

let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  folded.forEach((details) => { details.open = true; });
});
addEventListener("afterprint", () => folded.forEach((details) => { details.open = false; }));
