// Text and elements. Nothing here makes markup of text: what comes from records stays text.

const INVISIBLE = /(?! )[\p{C}\p{Z}\u115f\u1160\u2800\u3164\uffa0]/u;

/** A character by its number: U+202E. */
function codePoint(character) {
  return "U+" + character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
}

/** Text as nodes; characters that are not visible by their numbers. */
function shown(text) {
  text = String(text);
  if (!INVISIBLE.test(text)) return [text];
  const nodes = [];
  let plain = "";
  for (const character of text) {
    if (!INVISIBLE.test(character)) {
      plain += character;
      continue;
    }
    nodes.push(plain, make("b", { class: "u" }, codePoint(character)));
    plain = "";
    if (character === "\n") nodes.push(make("br"));
  }
  return [...nodes, plain];
}

/** The same as text, for attributes and the titles of marks. */
function plainText(text) {
  return Array.from(String(text), (c) => (INVISIBLE.test(c) ? `[${codePoint(c)}]` : c)).join("");
}

/** An element with attributes, and children that are nodes or plain text. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.flat());
  return element;
}

/** The same for SVG. */
function draw(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.flat());
  return element;
}

const byId = (id) => document.getElementById(id);

function bytes(size) {
  if (size == null) return "-";
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  for (; size >= 999.95 && unit < units.length - 1; unit++) size /= 1000;
  if (size >= 1e6) return size.toExponential(0) + " " + units[unit];
  return size.toFixed(1).replace(/\.0$/, "") + " " + units[unit];
}

function counted(number, one, many = one + "s") {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

const day = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 10);
