// What a change of areas leads to, as the hub has answered it.

import { el, link } from "../dom.js";
import { clockTime } from "../format.js";

/** The parts of the answer; `choose` is called with an asset that a person clicks on. */
export function outcome(answer, choose) {
  const zones = answer.zones;
  const parts = [el("p", { class: "summary" }, answer.detail)];
  if (!zones) return parts;
  const flights = zones.flights.map((flight) => row(flight, flight.detail, choose));
  const planned = zones.planned.map((plan) => row(plan, plan.entry ? "worked out anew" : "comes free", choose));
  const section = (title, rows, more) => rows.length && [el("h3", {}, more ? `${title}, and ${more} more` : title), el("table", {}, el("tbody", {}, rows))];
  return [...parts, ...[section("Out now", flights, zones.more_flights), section("Planned", planned, zones.more_planned)].filter(Boolean).flat()];
}

function row(one, then, choose) {
  return el(
    "tr",
    { "data-asset": one.asset_id, "data-action": one.action ?? "none" },
    el("td", {}, link(one.asset_id, () => choose(one.asset_id)), el("div", { class: "dim" }, one.order_ids.join(", "))),
    el("td", { class: "num" }, one.entry ? clockTime(one.entry.at) : "–"),
    el("td", {}, then),
  );
}
