// Ways: sorties as checked, van routes straight from stop to stop with what is done, and parcels still to come.

import { colour } from "./palette.js";

const ACTIVE = new Set(["released", "accepted", "active"]);
const ENDED = new Set(["delivered", "collected", "returned", "in_locker"]);
const at = ([lon, lat]) => [lat, lon];

export class Ways {
  constructor(map, store, renderer) {
    Object.assign(this, { store, renderer });
    this.group = L.layerGroup().addTo(map);
  }

  show(shown) {
    this.group.clearLayers();
    if (shown.parcels) this.#parcels();
    const mission = this.#chosenMission();
    for (const row of this.store.tables.missions.values()) if (shown.ways && ACTIVE.has(row.status) && row.id !== mission) this.#way(row, false);
    if (mission !== null) this.#way(this.store.tables.missions.get(mission), true);
    this.#chosenOrder();
  }

  #chosenMission() {
    const { chosen, tables } = this.store;
    if (chosen === null) return null;
    const id = chosen.table === "missions" ? chosen.id : tables[chosen.table].get(chosen.id)?.mission;
    return id && tables.missions.has(id) ? id : null;
  }

  #way(row, strong) {
    const line = { renderer: this.renderer, interactive: false, color: colour(row.kind) || colour("label"), weight: strong ? 2 : 1.1, opacity: strong ? 1 : 0.55, dashArray: row.straight ? "5 4" : null };
    this.group.addLayer(L.polyline(row.path.map(at), line));
    if (strong || row.stops.length) for (const stop of row.stops) this.#stop(stop, line.color, strong);
    for (const drop of row.drops) this.#dot(drop.place, line.color, 3.5, true);
    if (row.no_return?.place) this.#noReturn(row.no_return.place, strong);
  }

  /** From here on it can't go home any more: a ring with a dot, in the colour of what is bad. */
  #noReturn(place, strong) {
    this.#dot(place, colour("bad"), strong ? 8 : 6, false);
    this.#dot(place, colour("bad"), 2.5, true);
  }

  #stop(stop, color, strong) {
    this.#dot(stop.place, color, stop.current ? 5.5 : strong ? 3.5 : 2.5, stop.done || stop.current, stop.done ? 0.9 : 0.7);
  }

  #dot(place, color, radius, filled, opacity = 0.9) {
    const look = { renderer: this.renderer, interactive: false, radius, color, weight: 1.4, opacity, fill: true, fillColor: filled ? color : colour("map"), fillOpacity: 1 };
    this.group.addLayer(L.circleMarker(at(place), look));
  }

  #parcels() {
    const look = { renderer: this.renderer, interactive: false, radius: 2, weight: 0, fill: true, fillOpacity: 0.75 };
    for (const order of this.store.tables.orders.values()) {
      if (ENDED.has(order.status)) continue;
      this.group.addLayer(L.circleMarker(at(order.place), { ...look, fillColor: colour(order.mode ?? "label") }));
    }
  }

  #chosenOrder() {
    const { chosen, tables } = this.store;
    const order = chosen?.table === "orders" ? tables.orders.get(chosen.id) : null;
    if (!order) return;
    this.group.addLayer(L.circleMarker(at(order.place), { renderer: this.renderer, interactive: false, radius: 9, color: colour("accent"), weight: 2.5, fill: false }));
    this.#dot(order.place, colour("accent"), 3, true);
  }
}
