// The range that was asked for last: an outline, so that what lies within stays readable.

import { colour } from "./palette.js";

export class Range {
  constructor(map, renderer) {
    this.pane = map.getContainer();
    this.group = L.layerGroup().addTo(map);
    this.renderer = renderer;
  }

  /** Draws a GeoJSON polygon, or the halves of one that is cut at longitude 180; none clears. */
  show(geometry) {
    this.group.clearLayers();
    this.pane.dataset.range = geometry === null ? "none" : "drawn";
    if (geometry === null) return;
    const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    const rings = parts.map((part) => part.map((ring) => ring.map(([lon, lat]) => [lat, lon])));
    const look = { color: colour("accent"), fillColor: colour("accent"), fillOpacity: 0.08, weight: 2, dashArray: "8 5" };
    L.polygon(rings, { ...look, renderer: this.renderer, interactive: false }).addTo(this.group);
  }
}
