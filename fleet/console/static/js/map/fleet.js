// The map: ground, zones, ways, lockers and assets, each on a canvas of its own, and what may be shown of them.

import { byId, el, setText, words } from "../dom.js";
import { position } from "../format.js";
import { Graticule } from "./graticule.js";
import { Lockers, Sites } from "./places.js";
import { onScheme } from "./palette.js";
import { Range } from "./range.js";
import { swatch } from "./shapes.js";
import { Vehicles } from "./vehicles.js";
import { Ways } from "./ways.js";
import { Zones } from "./zones.js";

const LAYERS = [
  ["drone", "Drones", true],
  ["sidewalk_robot", "Robots", true],
  ["van", "Vans", true],
  ["idle", "Idle at a site", false],
  ["locker", "Lockers", true],
  ["ways", "Ways and routes", true],
  ["parcels", "Parcels to come", true],
  ["zones", "Zones", true],
];

const STATUSES = ["on_mission", "held", "returning", "landing", "link_lost", "faulted"];
const key = (status) => el("span", { class: `s-${status}` }, el("i", { class: "dot" }), words(status));

export class FleetMap {
  constructor(store) {
    this.store = store;
    this.shown = Object.fromEntries(LAYERS.map(([name, , on]) => [name, on]));
    this.map = this.#make();
    const canvas = (pane) => L.canvas({ pane, padding: 0.2 });
    this.ground = new Graticule().addTo(this.map);
    this.zones = new Zones(this.map, canvas("zones"));
    this.range = new Range(this.map, canvas("ranges"));
    this.ways = new Ways(this.map, store, canvas("ways"));
    const markers = canvas("markers");
    this.sites = new Sites(this.map, store, markers);
    this.lockers = new Lockers(this.map, store, markers);
    this.vehicles = new Vehicles(this.map, store, markers);
    this.#legend();
    this.#readout();
    store.addEventListener("change", (event) => this.#changed(event.detail));
    store.addEventListener("choice", () => this.#chosen());
    store.addEventListener("range", (event) => this.range.show(event.detail));
    onScheme(() => this.#changed(new Set(["ground", "lockers", "missions", "orders", "assets"])));
  }

  #make() {
    const map = L.map("map", { preferCanvas: true, zoomControl: false, attributionControl: true, zoomSnap: 0.25, wheelPxPerZoomLevel: 90, fadeAnimation: false, maxZoom: 19 });
    L.control.zoom({ position: "topleft" }).addTo(map);
    L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
    map.attributionControl.setPrefix("Leaflet");
    map.attributionControl.addAttribution("drawn from this fleet's own data");
    const order = [["ground", 210], ["zones", 220], ["ranges", 225], ["ways", 230], ["markers", 450]];
    for (const [name, z] of order) {
      const pane = map.createPane(name);
      pane.style.zIndex = z;
      if (name !== "markers") pane.style.pointerEvents = "none";
    }
    map.setView([0, 0], 2);
    return map;
  }

  #changed(touched) {
    const { store } = this;
    if (touched.has("ground")) this.#ground();
    if (touched.has("lockers")) this.lockers.show(this.shown.locker);
    if (touched.has("missions") || touched.has("orders")) this.#ways();
    if (["assets", "live", "missions", "ground"].some((name) => touched.has(name)) || store.silent !== this.wasSilent) this.vehicles.show(this.shown);
    this.wasSilent = store.silent;
  }

  #ground() {
    const { store } = this;
    if (store.tiles && !this.tiles) this.tiles = L.tileLayer(store.tiles, { pane: "ground" }).addTo(this.map);
    this.ground.draw();
    this.zones.show(this.shown.zones ? store.zones.areas : []);
    this.sites.show(true);
    this.lockers.show(this.shown.locker);
    if (!this.fitted) this.#fit();
  }

  #fit() {
    const { store } = this;
    const places = [...store.sites, ...store.tables.lockers.values(), ...store.tables.orders.values()].map((row) => row.place);
    if (!places.length) return;
    this.fitted = true;
    this.map.fitBounds(L.latLngBounds(places.map(([lon, lat]) => [lat, lon])).pad(0.06), { animate: false });
  }

  #ways() {
    this.ways.show(this.shown);
  }

  #chosen() {
    this.#ways();
    this.lockers.show(this.shown.locker);
    this.vehicles.show(this.shown);
    const place = this.#placeOfChoice();
    if (place && !this.map.getBounds().pad(-0.08).contains(place)) this.map.panTo(place);
  }

  #placeOfChoice() {
    const { chosen, tables, samples } = this.store;
    if (chosen === null || chosen.table === "missions" || chosen.table === "exceptions") return null;
    const place = (chosen.table === "assets" && samples.get(chosen.id)?.place) || tables[chosen.table].get(chosen.id)?.place;
    return place ? L.latLng(place[1], place[0]) : null;
  }

  #legend() {
    byId("layers").append(...LAYERS.map(([name, label, on]) => this.#toggle(name, label, on)), el("div", { class: "key" }, STATUSES.map(key)));
  }

  #toggle(name, label, on) {
    const box = el("input", { type: "checkbox", checked: on, "data-layer": name });
    box.addEventListener("change", () => {
      this.shown[name] = box.checked;
      this.#changed(new Set(["ground", "lockers", "missions", "assets"]));
    });
    return el("label", {}, box, ["drone", "sidewalk_robot", "van", "locker"].includes(name) ? swatch(name) : null, label);
  }

  /** What lies under the pointer, in words. */
  #readout() {
    let waiting = false;
    this.map.on("mousemove", ({ latlng }) => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        const names = this.shown.zones ? this.zones.at(latlng) : [];
        const where = position([latlng.lng, latlng.lat]);
        byId("readout").replaceChildren(where, ...(names.length ? [" · ", el("b", {}, names.join(", "))] : []));
      });
    });
    this.map.on("mouseout", () => setText(byId("readout"), ""));
  }
}

