// Vehicles: drawn where telemetry says, hollow where that is not current, and hollow at the recorded place without any.

import { words } from "../dom.js";
import { duration } from "../format.js";
import { colour } from "./palette.js";
import { OutlineMarker } from "./marker.js";
import { text } from "./places.js";

const OUT = new Set(["on_mission", "held", "returning", "landing", "link_lost", "faulted"]);
const STALE_S = 15;

export class Vehicles {
  constructor(map, store, renderer) {
    Object.assign(this, { map, store, renderer });
    this.markers = new Map();
  }

  show(shown) {
    const wanted = new Map(this.store.vehicles.filter((asset) => this.#isShown(asset, shown)).map((asset) => [asset.id, asset]));
    for (const [id, marker] of this.markers) if (!wanted.has(id)) { marker.remove(); this.markers.delete(id); }
    for (const [id, asset] of wanted) {
      const sample = this.store.samples.get(id);
      const [lon, lat] = sample?.place ?? asset.place;
      this.#marker(id, [lat, lon]).show(L.latLng(lat, lon), this.#look(asset, sample));
    }
  }

  #isShown(asset, shown) {
    if (!asset.place && !this.store.samples.has(asset.id)) return false;
    if (this.store.isChosen("assets", asset.id)) return true;
    return (shown[asset.kind] ?? true) && (shown.idle || OUT.has(asset.status));
  }

  #look(asset, sample) {
    const old = !sample || this.store.silent || (this.store.linkAge(asset.id) ?? Infinity) > STALE_S;
    return {
      kind: asset.kind,
      size: asset.kind === "drone" ? 9 : 8,
      heading: Math.round(sample?.heading_deg ?? 0),
      fill: colour(asset.status),
      halo: colour("halo"),
      hollow: old,
      ring: this.store.isChosen("assets", asset.id) ? colour("accent") : null,
    };
  }

  #marker(id, latlng) {
    if (!this.markers.has(id)) {
      const marker = new OutlineMarker(latlng, { renderer: this.renderer, look: {} }).addTo(this.map);
      marker.on("click", () => this.store.choose("assets", id));
      marker.bindTooltip(() => this.#says(id), { direction: "top", offset: [0, -9] });
      this.markers.set(id, marker);
    }
    return this.markers.get(id);
  }

  #says(id) {
    const asset = this.store.tables.assets.get(id);
    const age = this.store.linkAge(id);
    return text(`${id}, ${words(asset.status)}, ${age === null ? "no telemetry" : `heard ${duration(age)} ago`}`);
  }
}
