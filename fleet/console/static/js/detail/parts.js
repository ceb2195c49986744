// Pieces that the detail panels are put together from.

import { el } from "../dom.js";
import { clockTime, duration, position } from "../format.js";

/** A list of names and values. */
export function facts(pairs) {
  return el("dl", { class: "facts" }, pairs.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value ?? "–"))));
}

/** Typed reasons: code, sentence, and the limit beside what was found. */
export function reasonList(reasons) {
  if (!reasons.length) return el("span", { class: "dim" }, "–");
  return el("ul", { class: "reasons" }, reasons.map((reason) => el("li", {}, el("code", {}, reason.code), ` ${reason.detail}`, measured(reason))));
}

function measured(reason) {
  const unit = reason.unit ? ` ${reason.unit}` : "";
  const parts = [];
  if (reason.actual !== undefined) parts.push(`found ${number(reason.actual)}${unit}`);
  if (reason.limit !== undefined) parts.push(`limit ${number(reason.limit)}${unit}`);
  if (reason.source) parts.push(reason.source);
  return parts.length ? el("div", { class: "dim" }, parts.join(" · ")) : null;
}

const number = (value) => (typeof value === "number" ? String(Math.round(value * 100) / 100) : value);

/** What keeps a mission on the ground, what it keeps out of the way of, and which zones it flies around. */
export function airspace(mission) {
  if (!mission) return [];
  const around = mission.around ?? [];
  return [
    mission.waits.length ? section("Waits", reasonList(mission.waits)) : null,
    mission.avoids.length ? section("Kept apart from other flights", reasonList(mission.avoids)) : null,
    around.length ? section("Flies around", el("p", {}, around.join(", "))) : null,
  ];
}

/** From where on a sortie can't go home any more, in words; nothing while that is not known. */
export function noReturn(mission) {
  const found = mission?.no_return;
  if (!found) return null;
  const spare = found.spare_wh === null ? null : `${Math.round(found.spare_wh)} Wh to spare at home`;
  if (!found.place) return ["none", spare, found.hover_s ? `${duration(found.hover_s)} to spare at its drop` : null].filter(Boolean).join(", ");
  const then = found.elsewhere.length ? `then only ${found.elsewhere.join(", ")}` : "then no other place either";
  return el("span", { class: "late" }, [found.passed ? "passed" : clockTime(found.due), position(found.place), then, spare].filter(Boolean).join(" · "));
}

/** Lines with a time before each. */
export function timeline(entries) {
  return el("ol", { class: "timeline" }, entries.map(([at, ...content]) => el("li", {}, el("time", { datetime: at }, clockTime(at)), el("span", {}, content))));
}

export function section(title, ...content) {
  return el("section", {}, el("h3", {}, title), content);
}

/** The heading of a panel, with a button that closes it. */
export function heading(store, name, ...marks) {
  const close = el("button", { type: "button", class: "close", "aria-label": "Close details", onclick: () => store.choose(null) }, "×");
  return el("div", { class: "title" }, el("h2", {}, name), marks, close);
}

