// Zones: closed ones hatched, conditional ones lightly, operating areas as an outline. Which lie under the pointer is
// worked out here, since they are drawn below everything that can be pressed.

import { words } from "../dom.js";
import { colour, hatch } from "./palette.js";

const LOOKS = {
  closed: () => ({ color: colour("closed"), fillColor: hatch("closed"), fillOpacity: 1, weight: 1.2 }),
  by_hand: () => ({ color: colour("closed"), fillColor: hatch("closed", 5), fillOpacity: 1, weight: 2.5 }),
  conditional: () => ({ color: colour("restricted"), fillColor: hatch("restricted", 10), fillOpacity: 0.8, weight: 1 }),
  area: () => ({ color: colour("area"), fill: false, weight: 1.5, dashArray: "6 4" }),
  free: () => ({ color: colour("label"), fill: false, weight: 0.8, dashArray: "2 4" }),
};
const BY_RESTRICTION = { PROHIBITED: "closed", REQ_AUTHORISATION: "conditional", CONDITIONAL: "conditional", USPACE: "conditional", NO_RESTRICTION: "free", OPERATING_AREA: "area", PERMIT_AREA: "area" };

const lookOf = (zone) => (zone.by_hand ? "by_hand" : (BY_RESTRICTION[zone.restriction] ?? "closed"));
const flip = (ring) => ring.map(([lon, lat]) => [lat, lon]);

export class Zones {
  constructor(map, renderer) {
    this.group = L.layerGroup().addTo(map);
    this.renderer = renderer;
    this.areas = [];
  }

  show(areas) {
    this.group.clearLayers();
    this.areas = areas.flatMap((zone) => zone.polygons.map((rings) => ({ zone, rings, box: L.latLngBounds(flip(rings[0])) })));
    const looks = Object.fromEntries(Object.entries(LOOKS).map(([name, make]) => [name, make()]));
    for (const { zone, rings } of this.areas) L.polygon(rings.map(flip), { ...looks[lookOf(zone)], renderer: this.renderer, interactive: false, smoothFactor: 0.2 }).addTo(this.group);
  }

  /** The zones at a position, in words. */
  at(latlng) {
    const hit = this.areas.filter(({ rings, box }) => box.contains(latlng) && inside(latlng, rings));
    const names = new Set(hit.map(({ zone }) => `${zone.name} (${words(zone.restriction.toLowerCase())}${zone.by_hand ? ", closed by hand" : ""})`));
    return [...names];
  }
}

/** Even-odd rule over all rings, so that a hole is outside. */
function inside({ lat, lng }, rings) {
  let odd = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      const [[x1, y1], [x2, y2]] = [ring[i], ring[j]];
      if (y1 > lat !== y2 > lat && lng < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) odd = !odd;
    }
  }
  return odd;
}
