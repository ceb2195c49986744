// Why a parcel goes the way it goes.

import { el, link, pill, words } from "../dom.js";
import { brief, clockTime, money, orDash, percent, quantity, shortTime } from "../format.js";
import { airspace, facts, heading, noReturn, reasonList, section, timeline } from "./parts.js";

/** The panel of one order, from `/api/orders/{id}`. */
export function orderPanel(store, told, ways) {
  const { order } = told;
  return [
    heading(store, order.id, pill(order.status), order.mode ? el("span", {}, words(order.mode)) : null, order.late ? pill("failed", "late") : null),
    orderFacts(store, order),
    why(told),
    ways.node,
    unassigned(told.unassigned),
    handedOn(told),
    replanned(told),
    ...airspace(told.mission),
    energy(told.mission),
    plan(told),
    custody(told.custody, order),
    related(store, told),
    history(told.history),
  ];
}

function orderFacts(store, order) {
  return facts([
    ["With now", order.custodian],
    ["Asset", order.asset ? link(order.asset, () => store.choose("assets", order.asset)) : "–"],
    ["Window", `${shortTime(order.due_from)} to ${shortTime(order.due_by)}`],
    [order.served_at ? "Served" : order.ended_at ? "Ended" : "ETA", clockTime(order.served_at ?? order.ended_at ?? order.eta)],
    ["Client", order.client],
    ["Direction", words(order.direction)],
    ["Goods", goods(order)],
    ["Weight", quantity(order.weight_kg, "kg", 2)],
    ["Size", `${order.size_m.map((edge) => Math.round(100 * edge)).join(" × ")} cm`],
    ...(order.priority === 1 ? [] : [["Priority", String(order.priority)]]),
    ["Service", `${words(order.service)}${order.crew > 1 ? `, crew of ${order.crew}` : ""}`],
    ...(order.skills.length ? [["Skills", order.skills.join(", ")]] : []),
    ["Locker", order.locker ? link(order.locker, () => store.choose("lockers", order.locker)) : order.locker_ok ? "allowed" : "not allowed"],
    ["Failed attempts", String(order.attempts)],
  ]);
}

const goods = (order) => `${words(order.goods)}${order.min_age ? `, from ${order.min_age} years` : ""}`;

function why({ choice, plan: rests, excluded }) {
  if (!choice) return section("Why this mode", el("p", { class: "dim" }, "Not planned yet."));
  const chosen = choice.mode === "unassigned" ? [] : [row("chosen", [words(choice.mode), pill("feasible", "chosen"), money(choice.cost, rests.currency), ""]), because(arrival(choice))];
  const others = choice.alternatives.flatMap((other) => [
    row("", [words(other.mode), pill(other.verdict), money(other.cost, rests.currency), extra(other.extra_cost)]),
    other.reasons.length ? because(reasonList(other.reasons)) : null,
  ]);
  const head = el("tr", {}, ["Mode", "Verdict", "Cost", "Extra"].map((name, index) => el("th", { class: side(index), scope: "col" }, name)));
  return section(
    "Why this mode",
    el("table", { id: "alternatives" }, el("thead", {}, head), el("tbody", {}, chosen, others)),
    excluded.length ? el("p", {}, `Not tried again: ${excluded.map(words).join(", ")}.`) : null,
    choice.fallback ? el("p", {}, el("b", {}, "If it fails: "), `${words(choice.fallback.mode)}, ${choice.fallback.detail}`) : null,
  );
}

const side = (index) => (index >= 2 ? "right" : "");
const row = (name, contents) => el("tr", { class: name }, contents.map((content, index) => el("td", { class: side(index) }, content)));
const because = (content) => el("tr", { class: "because" }, el("td", { colspan: "4" }, content));
const extra = (cost) => (cost === null ? "–" : `${cost >= 0 ? "+" : "−"}${Math.abs(cost).toFixed(2)}`);

function arrival(choice) {
  const range = choice.eta_low && choice.eta_high ? ` (${shortTime(choice.eta_low)} to ${shortTime(choice.eta_high)})` : "";
  return el("span", {}, `${choice.asset ?? ""} planned for ${shortTime(choice.eta)}${range}`);
}

function unassigned(left) {
  if (!left) return null;
  return section("Nobody could bring it", reasonList(left.reasons), el("p", {}, el("b", {}, "Smallest change: "), orDash(left.nearest_change)));
}

function handedOn({ handed_on: passes }) {
  if (!passes.length) return null;
  return section("Handed on", timeline(passes.map((pass) => [pass.at, `${words(pass.from)} → ${words(pass.to)}, ${pass.asset}`, reasonList(pass.reasons)])));
}

function replanned({ replanned: changes }) {
  if (!changes.length) return null;
  const by = (one) => (one ? `${words(one.mode)} ${one.asset}${one.eta ? ` at ${clockTime(one.eta)}` : ""}` : "waits");
  return section("Planned again", timeline(changes.map((one) => [one.at, `${by(one.was)} → ${by(one.now)}`, reasonList(one.reasons)])));
}

function energy(mission) {
  if (!mission?.energy) return null;
  const told = mission.energy;
  const share = told.margin_share === null ? "" : ` (${percent(told.margin_share)})`;
  const says = facts([
    ["Expected use", quantity(told.energy_wh, "Wh", 1)],
    told.alternate ? [`Planned, to the alternate ${told.alternate}`, quantity(told.alternate_wh, "Wh", 1)] : ["Planned", quantity(told.planned_wh, "Wh", 1)],
    [`Margin${share}`, quantity(told.margin_wh, "Wh", 1)],
    ["Reserve", quantity(told.reserve_wh, "Wh", 1)],
    ["To spare, as planned", quantity(told.spare_wh, "Wh", 1)],
    ["Used", quantity(told.used_wh, "Wh", 1)],
    ["Point of no return", noReturn(mission)],
  ]);
  return section("Energy", told.usable_wh ? bar(told) : null, says);
}

function bar({ planned_wh: planned, alternate_wh: alternate, margin_wh: margin, reserve_wh: reserve, spare_wh: spare, usable_wh: usable }) {
  const part = (name, wh, label) => {
    const node = el("span", { class: name, title: `${label} ${percent(wh / usable)} of the usable energy` }, label);
    node.style.width = `${Math.max(0, Math.min(100, (100 * wh) / usable))}%`;
    return node;
  };
  const parts = [part("use", alternate ?? planned, "use"), part("margin", margin, "margin"), part("reserve", reserve, "reserve"), part("left", spare, "spare")];
  return el("div", { class: "energy", "aria-hidden": "true" }, ...parts);
}

function plan({ plan: rests, mission }) {
  if (!rests) return null;
  const assumed = [...new Set([...rests.assumptions, ...(mission?.assumptions ?? [])])];
  return section(
    "Plan",
    facts([
      ["Plan", rests.plan_id],
      ["Made from", el("span", { class: "mono", title: rests.snapshot_id }, brief(rests.snapshot_id))],
      ["Zone set of the plan", el("span", { class: "mono", title: rests.zones_version }, brief(rests.zones_version))],
      ["Zone set of the mission", el("span", { class: "mono", title: mission?.zones_version ?? "" }, brief(mission?.zones_version))],
      ["Mission", mission ? `${mission.mission_id} (${words(mission.status)})` : "–"],
    ]),
    assumed.length ? el("details", { open: false }, el("summary", {}, `${assumed.length} assumptions`), el("ul", { class: "assumptions" }, assumed.map((one) => el("li", {}, one)))) : null,
  );
}

function custody(passes, order) {
  const lines = passes.map((pass) => [pass.at, `${pass.giver} → ${pass.taker}`, pass.proof ? el("span", { class: "dim" }, `, proof ${pass.proof}`) : null]);
  return section("Custody", lines.length ? timeline(lines) : el("p", { class: "dim" }, `With ${order.custodian} since it was taken in.`));
}

function related(store, { exceptions }) {
  if (!exceptions.length) return null;
  const lines = exceptions.map((id) => store.tables.exceptions.get(id)).filter(Boolean);
  return section("Exceptions", timeline(lines.map((found) => [found.at, link(words(found.code), () => store.choose("exceptions", found.id)), ` ${found.outcome ?? found.action}`])));
}

const SHOWN = ["mode", "mission", "asset", "locker", "size", "change", "outcome", "code", "detail", "custodian", "excluded"];

function history(entries) {
  const lines = entries.map((entry) => [entry.at, words(entry.what), el("span", { class: "dim" }, ` ${SHOWN.filter((name) => entry[name]).map((name) => words(entry[name])).join(", ")}`)]);
  return el("details", {}, el("summary", {}, `History, ${entries.length} events`), timeline(lines));
}
