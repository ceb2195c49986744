// The panels of a locker, an exception, a van route and a sortie.

import { el, link, pill, words } from "../dom.js";
import { clockTime, duration, position, shortTime } from "../format.js";
import { airspace, facts, heading, noReturn, reasonList, section } from "./parts.js";

/** A locker: its doors by size class, and whom each is kept for. */
export function lockerPanel(store, locker) {
  const sizes = Object.entries(locker.sizes).filter(([, count]) => count.total);
  const rows = locker.compartments.map((kept) =>
    el("tr", {}, el("td", {}, link(kept.order, () => store.choose("orders", kept.order))), el("td", {}, kept.size), el("td", {}, pill(kept.status)), el("td", {}, `${shortTime(kept.from)} to ${shortTime(kept.until)}`)),
  );
  return [
    heading(store, locker.name, locker.status ? pill(locker.status) : null),
    facts([["Locker", locker.id], ["Position", position(locker.place)], ["Drone port", locker.drone_port ? "yes" : "no"]]),
    section("Doors", el("div", { class: "boxes" }, sizes.map(([size, count]) => doors(size, count)))),
    section("Parcels", rows.length ? el("table", {}, el("tbody", {}, rows)) : el("p", { class: "dim" }, "None kept.")),
  ];
}

/** Doors that hold a parcel are filled; what is only kept may share a door over time, so at most the free ones show it. */
function doors(size, count) {
  const kept = Math.min(count.free, count.reserved);
  const asked = Math.min(count.free - kept, count.wanted);
  const states = ["expired", "occupied"].flatMap((state) => Array(count[state]).fill(state));
  states.push(...Array(kept).fill("reserved"), ...Array(asked).fill("wanted"));
  while (states.length < count.total) states.push("free");
  const boxes = states.map((state) => el("i", { class: state, title: state }));
  return el("div", {}, el("span", {}, size), el("span", { class: "doors", role: "img", "aria-label": `${size}: ${count.free} of ${count.total} empty` }, boxes), el("span", { class: "num dim" }, `${count.free} of ${count.total} free`));
}

/** An exception: what, about whom, why, and what came of it. */
export function exceptionPanel(store, found) {
  return [
    heading(store, words(found.code), pill(found.open ? "open" : "closed")),
    facts([
      ["Raised", clockTime(found.at)],
      ["Owner", found.owner],
      ["Asset", found.asset ? link(found.asset, () => store.choose("assets", found.asset)) : "–"],
      ["Order", found.order ? link(found.order, () => store.choose("orders", found.order)) : "–"],
      ["Mission", found.mission ?? "–"],
    ]),
    section("Action", el("p", {}, found.action)),
    section("Outcome", el("p", { class: found.open ? "dim" : "" }, found.outcome ?? "Open: nobody has dealt with it yet.")),
    section("Reasons", reasonList(found.reasons)),
  ];
}

/** A mission: a van's route, or a sortie. */
export function missionPanel(store, mission) {
  return mission.stops.length ? routePanel(store, mission) : sortiePanel(store, mission);
}

/** A sortie: whether it waits, for what, and how far it is. */
function sortiePanel(store, sortie) {
  return [
    heading(store, sortie.id, pill(waits(sortie) ? "waiting" : sortie.status)),
    facts([
      ["Asset", link(sortie.asset, () => store.choose("assets", sortie.asset))],
      ["Start", shortTime(sortie.start_at)],
      ["Steps done", `${sortie.done} of ${sortie.steps}`],
      ["Point of no return", noReturn(sortie)],
      ["Parcels", el("span", {}, sortie.orders.flatMap((id, index) => [index ? ", " : "", link(id, () => store.choose("orders", id))]))],
    ]),
    ...airspace(sortie),
  ];
}

/** Whether it is due and can't be released for now. */
export const waits = (mission) => mission.status === "drafted" && mission.waits.length > 0;

/** A van route: its stops in order, and which are done. */
function routePanel(store, route) {
  const rows = route.stops.map((stop, index) =>
    el("tr", { class: stop.current ? "chosen" : "" }, el("td", { class: "right" }, String(index + 1)), el("td", {}, mark(stop)), el("td", { class: "right" }, shortTime(stop.eta)), el("td", {}, where(store, stop)), el("td", {}, parcels(store, stop))),
  );
  if (route.break) rows.splice(route.break.after, 0, breakRow(route.break));
  const head = el("tr", {}, ["#", "", "Planned", "Where", "Parcels"].map((name) => el("th", { scope: "col" }, name)));
  return [
    heading(store, route.id, pill(route.status)),
    facts([
      ["Van", link(route.asset, () => store.choose("assets", route.asset))],
      ["Start", shortTime(route.start_at)],
      ["Stops done", `${route.stops.filter((stop) => stop.done).length} of ${route.stops.length}`],
      ["Behind its times", duration(route.late_s)],
      ["Revision", `${route.revision}${route.accepted_revision < route.revision ? " (not accepted yet)" : ""}`],
    ]),
    section("Stops", el("table", {}, el("thead", {}, head), el("tbody", {}, rows))),
  ];
}

/** The driver's break, between two stops. */
function breakRow({ start, end }) {
  return el("tr", { class: "break" }, el("td", {}), el("td", {}, el("span", { class: "dim" }, "break")), el("td", { class: "right" }, shortTime(start)), el("td", { colspan: "2" }, `until ${shortTime(end)}`));
}

function mark(stop) {
  if (stop.done) return pill("completed", "done");
  if (stop.current) return pill("active", "there now");
  return el("span", { class: "dim" }, stop.shown ? "shown to driver" : "to come");
}

function where(store, stop) {
  if (stop.locker) return link(stop.locker, () => store.choose("lockers", stop.locker));
  return stop.site ?? "door";
}

function parcels(store, stop) {
  const all = [...stop.deliver.map((id) => [id, ""]), ...stop.collect.map((id) => [id, " (collect)"])];
  return el("span", {}, all.flatMap(([id, note], index) => [index ? ", " : "", link(id, () => store.choose("orders", id)), note]));
}
