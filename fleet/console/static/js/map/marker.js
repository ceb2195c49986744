// A marker on Leaflet's canvas that is drawn as an outline instead of a circle; the circle stays its area for clicks.

import { draw } from "./shapes.js";

L.Canvas.include({
  _drawOutline(layer) {
    if (!this._drawing || layer._empty()) return;
    const { x, y } = layer._point;
    draw(this._ctx, { ...layer.options.look, x, y });
  },
});

export const OutlineMarker = L.CircleMarker.extend({
  options: { radius: 10, weight: 0, look: {} },

  _updatePath() {
    this._renderer._drawOutline(this);
  },

  /** Changes position and look; redraws only where something differs. */
  show(latlng, look) {
    const key = JSON.stringify(look);
    const moved = !this._latlng.equals(latlng, 0);
    if (!moved && key === this._key) return;
    this._key = key;
    this.options.look = look;
    if (moved) this.setLatLng(latlng);
    else this.redraw();
  },
});
