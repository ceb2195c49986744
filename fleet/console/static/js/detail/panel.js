// The panel beside the lists: shows whatever was chosen, and keeps it current.

import { byId, el } from "../dom.js";
import { explain } from "../hub.js";
import { AssetPanel } from "./asset.js";
import { orderPanel } from "./order.js";
import { WaysPanel } from "./ways.js";
import { exceptionPanel, lockerPanel, missionPanel } from "./others.js";
import { pilotsPanel } from "./pilots.js";

const PLAIN = { lockers: lockerPanel, exceptions: exceptionPanel, missions: missionPanel, pilots: pilotsPanel };

export class Detail {
  constructor(store) {
    this.store = store;
    this.node = byId("detail");
    this.asset = null;
    this.#hint();
    store.addEventListener("choice", () => this.#open());
    store.addEventListener("change", (event) => this.#changed(event.detail));
  }

  #open() {
    this.asset = null;
    const { chosen } = this.store;
    if (chosen === null) this.#hint();
    else if (chosen.table === "assets") this.#openAsset(chosen.id);
    else this.#draw();
    this.node.parentElement.scrollTop = 0;
  }

  #openAsset(id) {
    this.asset = new AssetPanel(this.store, id);
    this.node.replaceChildren(...this.asset.node);
  }

  #changed(touched) {
    const { chosen } = this.store;
    if (chosen === null) return;
    if (this.asset) this.asset.refresh();
    else if (touched.has(chosen.table)) this.#draw();
  }

  async #draw() {
    const { table, id } = this.store.chosen;
    if (table === "orders") {
      await this.#drawOrder(id);
    } else if (table in PLAIN) {
      const row = this.store.tables[table].get(id);
      if (row) this.node.replaceChildren(...present(PLAIN[table](this.store, row)));
    }
  }

  async #drawOrder(id) {
    const row = this.store.tables.orders.get(id);
    if (this.ways?.id !== id) this.ways = new WaysPanel(this.store, id);
    if (row && row === this.told && this.node.dataset.order === id) return;
    try {
      const told = await explain(id);
      if (!this.store.isChosen("orders", id)) return;
      const open = [...this.node.querySelectorAll("details")].map((part) => part.open);
      this.node.replaceChildren(...present(orderPanel(this.store, told, this.ways.current(told))));
      if (this.node.dataset.order === id) this.node.querySelectorAll("details").forEach((part, index) => { part.open = open[index] ?? false; });
      Object.assign(this, { told: row });
      this.node.dataset.order = id;
    } catch (error) {
      this.node.replaceChildren(el("p", { class: "answer refused" }, error.message));
    }
  }

  #hint() {
    delete this.node.dataset.order;
    this.node.replaceChildren(el("p", { class: "hint" }, "Choose an order, an asset, a locker, a sortie, a route, a team of pilots or an exception, in a list or on the map."));
  }
}

const present = (parts) => parts.filter((part) => part !== null && part !== undefined);
