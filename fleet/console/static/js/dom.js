// Small helpers to build elements. Text is always text: nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** An element with attributes (`onclick: f` listens) and children (nodes or text). */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** The element of an id that the page has. */
export function byId(id) {
  return document.getElementById(id);
}

/** Sets text only where it differs, so that nothing is laid out anew for no reason. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A status as a small coloured label. */
export function pill(status, text = null) {
  return el("span", { class: `pill s-${status}` }, text ?? words(status));
}

/** A code in snake case as words. */
export function words(code) {
  return code === null || code === undefined ? "–" : String(code).replaceAll("_", " ");
}

/** A button that looks like a link. */
export function link(text, onclick) {
  return el("button", { class: "link", type: "button", onclick }, text);
}
