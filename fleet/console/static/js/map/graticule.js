// The ground of the map without tiles: a grid of degrees with labels, so that distances and directions can be read.

import { colour } from "./palette.js";

const STEPS = [10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005];
const WIDEST_PX = 170;

export const Graticule = L.Layer.extend({
  onAdd(map) {
    this._canvas = L.DomUtil.create("canvas", "leaflet-zoom-hide", map.getPane("ground"));
    map.on("moveend zoomend resize viewreset", this.draw, this);
    this.draw();
  },

  onRemove(map) {
    map.off("moveend zoomend resize viewreset", this.draw, this);
    this._canvas.remove();
  },

  draw() {
    const map = this._map;
    const size = map.getSize();
    const scale = window.devicePixelRatio || 1;
    L.DomUtil.setPosition(this._canvas, map.containerPointToLayerPoint([0, 0]));
    Object.assign(this._canvas, { width: size.x * scale, height: size.y * scale });
    Object.assign(this._canvas.style, { width: `${size.x}px`, height: `${size.y}px` });
    const pen = this._canvas.getContext("2d");
    pen.scale(scale, scale);
    pen.strokeStyle = colour("grid");
    pen.fillStyle = colour("label");
    pen.font = "10px system-ui, sans-serif";
    this._lines(pen, size, map.getBounds(), this._step(map, size));
  },

  _step(map, size) {
    const bounds = map.getBounds();
    const perPixel = (bounds.getEast() - bounds.getWest()) / Math.max(1, size.x);
    return STEPS.filter((step) => step / perPixel <= WIDEST_PX)[0] ?? STEPS.at(-1);
  },

  _lines(pen, size, bounds, step) {
    const digits = Math.max(0, Math.ceil(-Math.log10(step)));
    pen.beginPath();
    for (const lon of ticks(bounds.getWest(), bounds.getEast(), step)) {
      const x = Math.round(this._map.latLngToContainerPoint([bounds.getCenter().lat, lon]).x) + 0.5;
      pen.moveTo(x, 0);
      pen.lineTo(x, size.y);
      pen.fillText(`${Math.abs(lon).toFixed(digits)}° ${lon < 0 ? "W" : "E"}`, x + 3, 11);
    }
    for (const lat of ticks(bounds.getSouth(), bounds.getNorth(), step)) {
      const y = Math.round(this._map.latLngToContainerPoint([lat, bounds.getCenter().lng]).y) + 0.5;
      pen.moveTo(0, y);
      pen.lineTo(size.x, y);
      pen.fillText(`${Math.abs(lat).toFixed(digits)}° ${lat < 0 ? "S" : "N"}`, 44, y - 3);
    }
    pen.stroke();
  },
});

function* ticks(from, to, step) {
  for (let index = Math.ceil(from / step); index * step <= to; index += 1) yield index * step;
}
