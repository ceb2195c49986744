// What stands still: sites with their names, and lockers, filled as far as they are full.

import { colour } from "./palette.js";
import { OutlineMarker } from "./marker.js";

const at = ([lon, lat]) => L.latLng(lat, lon);

export class Sites {
  constructor(map, store, renderer) {
    Object.assign(this, { map, store, renderer });
    this.group = L.layerGroup().addTo(map);
  }

  show() {
    this.group.clearLayers();
    for (const site of this.store.sites) {
      const look = { kind: "site", size: 8, fill: colour("label"), halo: colour("halo") };
      const marker = new OutlineMarker(at(site.place), { renderer: this.renderer, look });
      marker.bindTooltip(text(site.name), { permanent: true, direction: "bottom", offset: [0, 8], className: "site-name" });
      this.group.addLayer(marker);
    }
  }
}

export class Lockers {
  constructor(map, store, renderer) {
    Object.assign(this, { map, store, renderer });
    this.markers = new Map();
  }

  show(wanted) {
    const rows = wanted ? this.store.tables.lockers : new Map();
    for (const [id, marker] of this.markers) if (!rows.has(id)) { marker.remove(); this.markers.delete(id); }
    for (const [id, locker] of rows) this.#marker(id, locker).show(at(locker.place), this.#look(locker));
  }

  #look(locker) {
    const away = ["offline", "link_lost", "faulted"].includes(locker.status);
    return {
      kind: "locker",
      size: 7,
      fill: away ? colour(locker.status) : colour("locker"),
      halo: colour("halo"),
      hollow: away,
      ring: this.store.isChosen("lockers", locker.id) ? colour("accent") : null,
    };
  }

  #marker(id, locker) {
    if (!this.markers.has(id)) {
      const marker = new OutlineMarker(at(locker.place), { renderer: this.renderer, look: {} }).addTo(this.map);
      marker.on("click", () => this.store.choose("lockers", id));
      marker.bindTooltip(() => this.#says(id), { direction: "top", offset: [0, -8] });
      this.markers.set(id, marker);
    }
    return this.markers.get(id);
  }

  #says(id) {
    const locker = this.store.tables.lockers.get(id);
    const sizes = Object.entries(locker.sizes).filter(([, count]) => count.total);
    return text(`${locker.name}: free ${sizes.map(([size, count]) => `${size} ${count.free}/${count.total}`).join(", ")}`);
  }
}

/** Leaflet would read a string as HTML; a node is taken as it is. */
export function text(words) {
  const node = document.createElement("span");
  node.textContent = words;
  return node;
}
