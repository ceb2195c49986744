// The panel of a team of remote pilots: shifts, sites, and the missions that wait for one of them.

import { el, link, words } from "../dom.js";
import { shortTime } from "../format.js";
import { facts, heading, reasonList, section } from "./parts.js";

export function pilotsPanel(store, team) {
  const sites = team.sites.map((site) => el("tr", {}, el("td", {}, site.id), number(site.out), number(site.may)));
  const head = el("tr", {}, el("th", { scope: "col" }, "Site"), el("th", { scope: "col", class: "right" }, "Out"), el("th", { scope: "col", class: "right" }, "May be out alone"));
  return [
    heading(store, `Pilots of ${words(team.kind)}s`),
    facts([
      ["Sites", (team.team ?? ["all"]).join(", ")],
      ["On shift", String(team.pilots)],
      ["Until", team.until ? `${shortTime(team.until)}, then ${team.next_pilots}` : "no change within a day"],
      ["Supervise", `${team.machines} of ${team.most} machines`],
    ]),
    section("Waits for a pilot", team.waits.length ? el("ul", { id: "pilot-waits" }, team.waits.map((one) => waiting(store, one))) : el("p", { class: "dim" }, "Nothing.")),
    section("Shifts", el("ul", {}, team.shifts.map((one) => el("li", {}, shift(one))))),
    section("Sites", el("table", {}, el("thead", {}, head), el("tbody", {}, sites))),
  ];
}

const number = (value) => el("td", { class: "right" }, String(value));

function waiting(store, one) {
  return el("li", {}, link(one.mission, () => store.choose("missions", one.mission)), ` of ${one.asset}, from ${one.site}`, reasonList(one.reasons));
}

function shift({ pilots, machines_each: each, begins, ends }) {
  const when = begins === ends ? "around the clock" : `${begins} to ${ends}`;
  return `${when}: ${pilots} ${pilots === 1 ? "pilot" : "pilots"}, each with ${each} ${each === 1 ? "machine" : "machines"}`;
}
