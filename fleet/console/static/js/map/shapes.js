// How assets and lockers are drawn: one outline for each kind, turned to its heading, coloured by status.

import { svg } from "../dom.js";

/** Outlines in a unit square around 0, 0, pointing north. */
export const OUTLINES = {
  drone: [[0, -1], [0.8, 0.85], [0, 0.4], [-0.8, 0.85]],
  sidewalk_robot: [[0, -1.05], [0.7, -0.45], [0.7, 0.75], [-0.7, 0.75], [-0.7, -0.45]],
  van: [[-0.55, -1], [0.55, -1], [0.72, -0.6], [0.72, 1], [-0.72, 1], [-0.72, -0.6]],
  locker: [[-0.8, -0.8], [0.8, -0.8], [0.8, 0.8], [-0.8, 0.8]],
  site: [[0, -1], [0.95, -0.2], [0.95, 0.85], [-0.95, 0.85], [-0.95, -0.2]],
};
const OTHER = [[0, -1], [1, 0], [0, 1], [-1, 0]];

export const outline = (kind) => OUTLINES[kind] ?? OTHER;

/** Draws an outline at a pixel; `hollow` is for what is not current. */
export function draw(pen, { kind, x, y, size, heading, fill, halo, hollow, ring }) {
  const turn = ((heading ?? 0) * Math.PI) / 180;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  pen.save();
  pen.beginPath();
  for (const [dx, dy] of outline(kind)) pen.lineTo(x + size * (dx * cos - dy * sin), y + size * (dx * sin + dy * cos));
  pen.closePath();
  pen.lineJoin = "round";
  pen.lineWidth = 3.5;
  pen.strokeStyle = halo;
  pen.stroke();
  pen.fillStyle = hollow ? halo : fill;
  pen.fill();
  pen.lineWidth = 1.6;
  pen.strokeStyle = fill;
  if (hollow) pen.setLineDash([2, 2]);
  pen.stroke();
  if (ring) circle(pen, x, y, size + 6, ring);
  pen.restore();
}

function circle(pen, x, y, radius, stroke) {
  pen.setLineDash([]);
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.lineWidth = 2;
  pen.strokeStyle = stroke;
  pen.stroke();
}

/** The same outline as a small picture for the legend. */
export function swatch(kind) {
  const points = outline(kind).map(([dx, dy]) => `${8 + 6 * dx},${7 + 6 * dy}`).join(" ");
  return svg("svg", { viewBox: "0 0 16 14", "aria-hidden": "true" }, svg("polygon", { points, fill: "currentColor" }));
}
