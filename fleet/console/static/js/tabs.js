// The lists as tabs, each with its filters above a grid.

import { byId, el, setText, words } from "./dom.js";
import { Grid } from "./grid.js";
import { lists } from "./lists.js";

export class Tabs {
  constructor(store) {
    this.store = store;
    this.panels = lists(store).map((list) => new Panel(store, list, () => this.open(list.name)));
    byId("tabs").append(...this.panels.map((panel) => panel.tab));
    byId("panels").append(...this.panels.map((panel) => panel.node));
    byId("tabs").addEventListener("keydown", (event) => this.#key(event));
    this.open("orders");
    store.addEventListener("change", (event) => this.#changed(event.detail));
    store.addEventListener("choice", () => this.current.refresh());
  }

  /** Shows one list; with `filter` values set, as when a figure in the head was pressed. */
  open(name, filter = null) {
    this.current = this.panels.find((panel) => panel.list.name === name);
    for (const panel of this.panels) panel.turn(panel === this.current);
    if (filter) this.current.setFilter(filter);
    this.current.refresh();
  }

  #changed(touched) {
    for (const panel of this.panels) panel.count();
    if (touched.has(this.current.table) || (this.current.list.live && touched.has("live"))) this.current.refresh();
    else if (this.current.list.live) this.current.refresh();
  }

  #key(event) {
    const turn = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!turn) return;
    const open = this.panels.filter((panel) => !panel.tab.hidden);
    const index = (open.indexOf(this.current) + turn + open.length) % open.length;
    this.open(open[index].list.name);
    this.current.tab.focus();
  }
}

class Panel {
  constructor(store, list, open) {
    Object.assign(this, { store, list });
    this.table = list.table ?? list.name;
    this.badge = el("span", { class: "badge" });
    const id = `panel-${list.name}`;
    this.tab = el("button", { type: "button", role: "tab", id: `tab-${list.name}`, "aria-controls": id, onclick: open }, list.label, this.badge);
    this.search = el("input", { type: "search", placeholder: "Filter", "aria-label": `Filter ${list.label.toLowerCase()} by text`, oninput: () => this.refresh() });
    this.selects = list.filters.map((filter) => this.#select(filter));
    this.shown = el("span", { class: "shown", "aria-live": "polite" });
    this.grid = new Grid({ ...list, onchoose: (row) => store.choose(this.table, row.id), isChosen: (row) => store.isChosen(this.table, row.id) });
    this.grid.always = list.live;
    const filters = el("div", { class: "filters" }, this.search, this.selects, this.shown);
    this.node = el("div", { class: "panel", role: "tabpanel", id, "aria-labelledby": this.tab.id }, filters, this.grid.node);
  }

  #select(filter) {
    const options = [el("option", { value: "" }, filter.label), ...filter.options.map((value) => el("option", { value }, words(value)))];
    return el("select", { "aria-label": `${this.list.label}: ${filter.name}`, "data-filter": filter.name, onchange: () => this.refresh() }, options);
  }

  turn(on) {
    this.node.hidden = !on;
    this.tab.setAttribute("aria-selected", on);
    this.tab.tabIndex = on ? 0 : -1;
  }

  setFilter(values) {
    this.search.value = "";
    for (const select of this.selects) select.value = values[select.dataset.filter] ?? "";
  }

  count() {
    const alert = this.list.badge?.();
    if (this.list.optional) this.tab.hidden = !this.#all().length;
    setText(this.badge, alert ? String(alert) : this.list.badge ? "" : String(this.#all().length));
    this.badge.classList.toggle("alert", Boolean(alert));
  }

  refresh() {
    if (this.node.hidden || this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      const all = this.#all();
      const rows = this.#kept(all);
      setText(this.shown, rows.length === all.length ? `${all.length}` : `${rows.length} of ${all.length}`);
      this.grid.show(rows);
    });
  }

  #all() {
    const rows = this.list.rows ? this.list.rows() : [...this.store.tables[this.table].values()];
    return this.list.keep ? rows.filter(this.list.keep) : rows;
  }

  #kept(rows) {
    const wanted = this.search.value.trim().toLowerCase();
    const chosen = this.list.filters.map((filter, index) => [filter, this.selects[index].value]).filter(([, value]) => value);
    return rows.filter((row) => chosen.every(([filter, value]) => filter.keep(row, value)) && (!wanted || this.list.search(row).toLowerCase().includes(wanted)));
  }
}
