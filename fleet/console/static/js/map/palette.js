// The colours of the style sheet, as the map's canvas needs them, and what each status and kind looks like.

let values = read();

function read() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

/** Calls `changed` when the person's scheme turns dark or light. */
export function onScheme(changed) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    values = read();
    changed();
  });
}

/** A colour by the name of its variable. */
export const colour = (name) => values(name);

/** A fill of slanted lines: closed areas stay readable over anything, also without colour. */
export function hatch(name, gap = 7) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = gap;
  const pen = tile.getContext("2d");
  pen.strokeStyle = colour(name);
  pen.lineWidth = 1.1;
  pen.globalAlpha = 0.6;
  pen.beginPath();
  for (const shift of [-gap, 0, gap]) {
    pen.moveTo(shift, gap);
    pen.lineTo(shift + gap, 0);
  }
  pen.stroke();
  return pen.createPattern(tile, "repeat");
}
