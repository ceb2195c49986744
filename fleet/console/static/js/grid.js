// A table of any length: only the rows in view are in the document. Sorts, filters, and works from the keyboard.

import { el, setText } from "./dom.js";

const ROW = 26;
const SPARE = 4;

/**
 * `columns`: {name, label, width, value(row) for sorting, cell(row) -> node or text, align}
 * `onchoose(row)`: a click, or Enter on the active row.
 */
export class Grid {
  constructor({ label, columns, sort, onchoose, isChosen, empty }) {
    Object.assign(this, { columns, sort, onchoose, isChosen, empty });
    this.rows = [];
    this.active = -1;
    this.shown = new Map();
    this.template = columns.map((column) => column.width).join(" ");
    this.head = el("div", { class: "grid-head", role: "row" }, columns.map((column) => this.#header(column)));
    this.head.style.gridTemplateColumns = this.template;
    this.space = el("div", { class: "grid-space", role: "presentation" });
    this.body = el("div", { class: "grid-body", tabindex: "0", role: "rowgroup", "aria-label": `${label}, rows` }, this.space);
    this.note = el("p", { class: "grid-empty", hidden: true });
    this.body.append(this.note);
    this.node = el("div", { class: "grid", role: "grid", "aria-label": label }, this.head, this.body);
    this.body.addEventListener("scroll", () => this.#draw());
    this.body.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.#draw()).observe(this.body);
    this.#markSort();
  }

  /** Shows these rows, in the chosen order. */
  show(rows) {
    const activeId = this.rows[this.active]?.id;
    this.rows = this.#sorted(rows);
    this.active = activeId === undefined ? -1 : this.rows.findIndex((row) => row.id === activeId);
    this.space.style.height = `${this.rows.length * ROW}px`;
    this.node.setAttribute("aria-rowcount", this.rows.length + 1);
    this.note.hidden = this.rows.length > 0;
    setText(this.note, this.empty);
    this.#draw();
  }

  /** Brings a row into view. */
  reveal(id) {
    const index = this.rows.findIndex((row) => row.id === id);
    if (index >= 0) this.#activate(index);
  }

  #header(column) {
    const button = el("button", { type: "button", title: column.title ?? column.label, onclick: () => this.#sortBy(column) }, column.label);
    return el("div", { role: "columnheader", class: column.align ?? "", "data-column": column.name }, button);
  }

  #sortBy(column) {
    const again = this.sort.name === column.name;
    this.sort = { name: column.name, descending: again && !this.sort.descending };
    this.#markSort();
    this.show(this.rows);
  }

  #markSort() {
    for (const cell of this.head.children) {
      const direction = this.sort.descending ? "descending" : "ascending";
      cell.setAttribute("aria-sort", cell.dataset.column === this.sort.name ? direction : "none");
    }
  }

  #sorted(rows) {
    const { value } = this.columns.find((column) => column.name === this.sort.name);
    const turn = this.sort.descending ? -1 : 1;
    const keyed = rows.map((row) => [value(row), row]);
    keyed.sort(([a, rowA], [b, rowB]) => turn * compare(a, b) || compare(rowA.id, rowB.id));
    return keyed.map(([, row]) => row);
  }

  #draw() {
    const first = Math.max(0, Math.floor(this.body.scrollTop / ROW) - SPARE);
    const last = Math.min(this.rows.length, Math.ceil((this.body.scrollTop + this.body.clientHeight) / ROW) + SPARE);
    const wanted = new Map();
    for (let index = first; index < last; index += 1) wanted.set(this.rows[index].id, index);
    for (const [id, node] of this.shown) if (!wanted.has(id)) { node.remove(); this.shown.delete(id); }
    for (const [id, index] of wanted) this.#place(id, index);
  }

  #place(id, index) {
    const row = this.rows[index];
    let node = this.shown.get(id);
    if (!node) {
      node = el("div", { class: "grid-row", role: "row", id: `${this.columns.key ?? ""}row-${id}`, onclick: () => this.#click(id) });
      node.style.gridTemplateColumns = this.template;
      this.shown.set(id, node);
      this.space.append(node);
    }
    if (node.row !== row || this.always) node.replaceChildren(...this.columns.map((column) => cell(column, row)));
    node.row = row;
    node.style.top = `${index * ROW}px`;
    node.setAttribute("aria-rowindex", index + 2);
    node.setAttribute("aria-selected", this.isChosen(row));
    node.classList.toggle("active", index === this.active);
  }

  #click(id) {
    this.active = this.rows.findIndex((row) => row.id === id);
    this.onchoose(this.rows[this.active]);
    this.#draw();
  }

  #key(event) {
    const page = Math.max(1, Math.floor(this.body.clientHeight / ROW) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in steps) this.#activate(this.active + steps[event.key]);
    else if ((event.key === "Enter" || event.key === " ") && this.active >= 0) this.onchoose(this.rows[this.active]);
    else return;
    event.preventDefault();
    this.#draw();
  }

  #activate(index) {
    if (!this.rows.length) return;
    this.active = Math.min(this.rows.length - 1, Math.max(0, index));
    const top = this.active * ROW;
    if (top < this.body.scrollTop) this.body.scrollTop = top;
    if (top + ROW > this.body.scrollTop + this.body.clientHeight) this.body.scrollTop = top + ROW - this.body.clientHeight;
    this.#draw();
    const node = this.shown.get(this.rows[this.active].id);
    if (node) this.body.setAttribute("aria-activedescendant", node.id);
  }
}

function cell(column, row) {
  return el("div", { class: `grid-cell ${column.align ?? ""}`, role: "gridcell" }, column.cell(row) ?? "–");
}

/** Absent values come last in ascending order; numbers by size, the rest as text. */
function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  return a < b ? -1 : 1;
}
