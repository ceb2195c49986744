// The area that is being drawn, on the map only until it is closed.

import { colour } from "../map/palette.js";

const METRES_PER_DEGREE = 111_320;

export class Draft {
  constructor(map, changed) {
    this.map = map;
    this.changed = changed;
    this.points = [];
    this.group = L.layerGroup().addTo(map);
    this.marks = L.layerGroup().addTo(map);
    this.onClick = ({ latlng }) => {
      this.points.push(latlng.wrap());
      this.changed();
    };
  }

  /** Takes clicks on the map as points, or leaves them alone. */
  listen(on) {
    this.map[on ? "on" : "off"]("click", this.onClick);
    this.map.getContainer().style.cursor = on ? "crosshair" : "";
    if (!on) this.clear();
  }

  clear() {
    this.points = [];
    this.group.clearLayers();
    this.marks.clearLayers();
  }

  /** What was drawn, as GeoJSON; nothing where it is no area yet. */
  features(radius) {
    const at = (point) => [point.lng, point.lat];
    if (this.points.length === 1 && radius > 0) return [feature("Point", at(this.points[0]), { radius_m: radius })];
    if (this.points.length < 3) return [];
    return [feature("Polygon", [[...this.points, this.points[0]].map(at)], {})];
  }

  show(radius, loaded) {
    this.group.clearLayers();
    const look = { color: colour("closed"), weight: 2, dashArray: "5 4", fillOpacity: 0.12, interactive: false };
    const pinned = this.points.map((point) => L.circleMarker(point, { ...look, radius: 3, dashArray: null }));
    const shapes = loaded ? loaded.map((each) => outline(each, look)) : [this.#shape(radius, look)];
    for (const layer of [...pinned, ...shapes]) layer?.addTo(this.group);
  }

  #shape(radius, look) {
    if (this.points.length === 1) return radius > 0 ? L.circle(this.points[0], { ...look, radius }) : null;
    return this.points.length ? L.polygon(this.points, look) : null;
  }

  /** Where flights would get into it. */
  entries(zones) {
    this.marks.clearLayers();
    const look = { radius: 6, color: colour("bad"), weight: 3, fillOpacity: 0, interactive: false };
    for (const { entry } of zones?.flights ?? []) if (entry) L.circleMarker([entry.lat, entry.lon], look).addTo(this.marks);
  }
}

function feature(type, coordinates, properties) {
  return { type: "Feature", properties: { restriction: "PROHIBITED", ...properties }, geometry: { type, coordinates } };
}

/** A file's area as it will be seen; none where it is no GeoJSON that the map can draw (the hub says what is wrong). */
function outline(each, look) {
  try {
    const radius = each.properties?.radius_m;
    return L.geoJSON(each, { style: look, interactive: false, pointToLayer: (_, latlng) => L.circle(latlng, { ...look, radius: radius ?? METRES_PER_DEGREE / 1000 }) });
  } catch {
    return null;
  }
}
