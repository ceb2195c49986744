// The five lists: which columns each has, and what can be filtered.

import { el, link, pill, words } from "./dom.js";
import { waits } from "./detail/others.js";
import { clockTime, duration, money, percent, shortTime } from "./format.js";

const right = "right num";
const text = (name) => (row) => row[name];

const ORDER_STATUSES = ["received", "planned", "under_way", "in_locker", "delivered", "collected", "returned"];
const ASSET_STATUSES = ["ready", "charging", "on_mission", "held", "returning", "landing", "link_lost", "faulted", "offline"];

/** Each list: its table, label, columns, first order, filters, and which rows it is made of. */
export function lists(store) {
  return [orders(store), assets(store), exceptions(store), lockers(), sorties(store), routes(), pilots(store), commands(store)];
}

function orders(store) {
  return {
    name: "orders",
    label: "Orders",
    empty: "No order matches.",
    sort: { name: "due", descending: false },
    filters: [
      { name: "status", label: "All statuses", options: ORDER_STATUSES, keep: (row, value) => row.status === value },
      { name: "mode", label: "All modes", options: ["drone", "sidewalk_robot", "locker", "van", "none"], keep: keepMode },
      { name: "flag", label: "All", options: ["late", "handed on", "failed attempt"], keep: keepFlag },
    ],
    search: (row) => `${row.id} ${row.client} ${row.asset ?? ""} ${row.locker ?? ""} ${row.custodian} ${row.goods}`,
    rows: () => [...store.tables.orders.values()],
    columns: [
      { name: "id", label: "Order", width: "minmax(74px,.8fr)", value: text("id"), cell: text("id") },
      { name: "status", label: "Status", width: "82px", value: (row) => ORDER_STATUSES.indexOf(row.status), cell: (row) => pill(row.status) },
      { name: "mode", label: "Mode", width: "92px", value: text("mode"), cell: (row) => mode(row) },
      { name: "asset", label: "Asset", width: "minmax(170px,1.2fr)", value: text("asset"), cell: (row) => (row.asset ? el("span", { title: row.asset }, row.asset) : null) },
      { name: "eta", label: "Arrival", title: "When it was served (a pick-up: collected), or is expected", width: "58px", align: right, value: (row) => row.served_at ?? row.ended_at ?? row.eta, cell: arrival },
      { name: "due", label: "Due by", width: "50px", align: right, value: text("due_by"), cell: (row) => shortTime(row.due_by) },
      { name: "cost", label: "Cost", width: "52px", align: right, value: text("cost"), cell: (row) => money(row.cost, "") },
    ],
  };
}

const keepMode = (row, value) => (row.mode ?? "none") === value;
const keepFlag = (row, value) => ({ late: row.late, "handed on": row.handed_on, "failed attempt": row.attempts > 0 })[value];

function mode(row) {
  if (row.mode) return words(row.mode);
  return row.planned_mode === "unassigned" ? el("span", { class: "late" }, "unassigned") : "–";
}

function arrival(row) {
  const came = row.served_at ?? row.ended_at;
  const moment = came ?? row.eta;
  const shown = came ? shortTime(moment) : moment ? `~${shortTime(moment)}` : "–";
  return el("span", { class: row.late ? "late" : "", title: row.late ? "after its window" : "" }, shown);
}

function assets(store) {
  return {
    name: "assets",
    label: "Assets",
    empty: "No asset matches.",
    live: true,
    sort: { name: "status", descending: false },
    filters: [
      { name: "status", label: "All statuses", options: ASSET_STATUSES, keep: (row, value) => row.status === value },
      { name: "kind", label: "All kinds", options: ["drone", "sidewalk_robot", "van"], keep: (row, value) => row.kind === value },
    ],
    search: (row) => `${row.id} ${row.type} ${row.mission ?? ""} ${row.site ?? ""}`,
    rows: () => store.vehicles,
    columns: [
      { name: "id", label: "Asset", width: "minmax(170px,1.2fr)", value: text("id"), cell: text("id") },
      { name: "kind", label: "Kind", width: "92px", value: text("kind"), cell: (row) => words(row.kind) },
      { name: "status", label: "Status", width: "78px", value: urgency, cell: (row) => pill(row.status) },
      { name: "soc", label: "Battery", title: "State of charge", width: "84px", value: (row) => charge(store, row), cell: (row) => meter(charge(store, row)) },
      { name: "mission", label: "Mission", width: "minmax(60px,1fr)", value: text("mission"), cell: (row) => (row.mission ? el("span", { title: row.mission }, row.mission) : null) },
      { name: "age", label: "Link age", title: "Time since its last telemetry", width: "62px", align: right, value: (row) => store.linkAge(row.id), cell: (row) => linkAge(store, row.id) },
    ],
  };
}

const URGENCY = ["faulted", "link_lost", "landing", "held", "returning", "on_mission", "charging", "ready", "offline"];
const urgency = (row) => URGENCY.indexOf(row.status);

/** The latest state of charge: measured where telemetry has it, else as an event last told it. */
export function charge(store, asset) {
  return store.samples.get(asset.id)?.soc ?? asset.soc;
}

/** A battery as bar and number. */
export function meter(fraction) {
  if (fraction === null || fraction === undefined) return "–";
  const level = fraction < 0.15 ? "empty" : fraction < 0.3 ? "low" : "";
  const bar = el("i", { class: level });
  bar.style.width = `${100 * fraction}%`;
  return el("span", {}, el("span", { class: "meter", "aria-hidden": "true" }, bar), el("span", { class: "num" }, percent(fraction)));
}

/** What is under way speaks every second or so, what stands or charges once a minute. */
const EXPECTED_OFTEN = new Set(["on_mission", "held", "returning", "landing", "link_lost"]);

/** How old an asset's telemetry is, marked when it is older than it should be; while the feed is silent nobody knows. */
export function linkAge(store, assetId) {
  const age = store.linkAge(assetId);
  if (age === null) return el("span", { class: "dim" }, "none");
  if (store.silent) return el("span", { class: "late", title: "the feed is silent: older than this" }, `> ${duration(age)}`);
  const often = EXPECTED_OFTEN.has(store.tables.assets.get(assetId)?.status);
  return el("span", { class: age > (often ? 15 : 150) ? "late" : "" }, duration(age));
}

function pilots(store) {
  return {
    name: "pilots",
    label: "Pilots",
    empty: "No team matches.",
    optional: true,
    sort: { name: "kind", descending: false },
    filters: [],
    search: (row) => `${row.kind} ${(row.team ?? ["all sites"]).join(" ")}`,
    rows: () => [...store.tables.pilots.values()],
    columns: [
      { name: "kind", label: "Machines", width: "100px", value: text("kind"), cell: (row) => words(row.kind) },
      { name: "team", label: "Of", width: "minmax(90px,1fr)", value: (row) => row.id, cell: (row) => (row.team ?? ["all sites"]).join(", ") },
      { name: "pilots", label: "On shift", title: "Pilots who are on shift now", width: "64px", align: right, value: text("pilots"), cell: (row) => el("span", { class: row.pilots ? "" : "late" }, String(row.pilots)) },
      { name: "until", label: "Until", title: "When another number of pilots is on shift", width: "100px", align: right, value: text("until"), cell: (row) => (row.until ? `${shortTime(row.until)}, then ${row.next_pilots}` : "–") },
      { name: "machines", label: "Supervise", title: "Machines that are out, of those that they may supervise", width: "80px", align: right, value: (row) => row.machines, cell: (row) => el("span", { class: row.machines >= row.most ? "late" : "" }, `${row.machines} of ${row.most}`) },
      { name: "waits", label: "Waiting", title: "Missions that wait for a pilot", width: "62px", align: right, value: (row) => row.waits.length, cell: (row) => el("span", { class: row.waits.length ? "late" : "dim" }, String(row.waits.length)) },
    ],
  };
}

function exceptions(store) {
  return {
    name: "exceptions",
    label: "Exceptions",
    empty: "No exception.",
    sort: { name: "open", descending: false },
    filters: [{ name: "state", label: "Open and closed", options: ["open", "closed"], keep: (row, value) => row.open === (value === "open") }],
    search: (row) => `${row.code} ${row.asset ?? ""} ${row.order ?? ""} ${row.owner} ${row.action} ${row.outcome ?? ""}`,
    rows: () => [...store.tables.exceptions.values()],
    badge: () => store.summary?.open_exceptions,
    columns: [
      { name: "open", label: "Time", width: "62px", value: (row) => [row.open ? 0 : 1, -Date.parse(row.at)].map((n) => String(n + 1e14)).join(), cell: (row) => clockTime(row.at) },
      { name: "code", label: "What", width: "minmax(96px,1.1fr)", value: text("code"), cell: (row) => el("span", { class: row.open ? "late" : "" }, words(row.code)) },
      { name: "about", label: "Asset / order", width: "minmax(170px,.9fr)", value: (row) => row.asset ?? row.order, cell: (row) => row.order ?? row.asset },
      { name: "owner", label: "Owner", width: "58px", value: text("owner"), cell: text("owner") },
      { name: "action", label: "Action", width: "minmax(80px,1fr)", value: text("action"), cell: (row) => el("span", { title: row.action }, row.action) },
      { name: "outcome", label: "Outcome", width: "minmax(80px,1.2fr)", value: text("outcome"), cell: (row) => (row.open ? pill("open") : el("span", { title: row.outcome }, row.outcome)) },
    ],
  };
}

const SIZES = ["small", "medium", "large"];

function lockers() {
  return {
    name: "lockers",
    label: "Lockers",
    empty: "No locker matches.",
    sort: { name: "id", descending: false },
    filters: [],
    search: (row) => `${row.id} ${row.name}`,
    columns: [
      { name: "id", label: "Locker", width: "minmax(70px,.9fr)", value: text("id"), cell: text("id") },
      { name: "name", label: "Name", width: "minmax(70px,1.2fr)", value: text("name"), cell: text("name") },
      { name: "status", label: "Link", width: "72px", value: text("status"), cell: (row) => (row.status ? pill(row.status) : "–") },
      ...SIZES.map((size) => ({
        name: size,
        label: `${size[0].toUpperCase()}${size.slice(1)} in use`,
        title: `${size}: occupied of all; kept for parcels that are on their way`,
        width: "84px",
        align: right,
        value: (row) => row.sizes[size].total - row.sizes[size].free,
        cell: (row) => inUse(row.sizes[size]),
      })),
    ],
  };
}

function inUse(count) {
  if (!count.total) return "–";
  const kept = count.wanted + count.reserved;
  const full = count.free === 0 ? "late" : "";
  const label = `${count.total - count.free} of ${count.total}`;
  return el("span", { class: full, title: `${kept} kept, ${count.expired} expired` }, label, kept ? el("span", { class: "dim" }, ` +${kept}`) : "");
}

function sorties(store) {
  return {
    name: "sorties",
    table: "missions",
    label: "Sorties",
    empty: "No sortie matches.",
    keep: (row) => row.stops.length === 0,
    sort: { name: "waits", descending: true },
    filters: [{ name: "state", label: "All", options: ["waiting", "kept apart"], keep: (row, value) => (value === "waiting" ? waits(row) : row.avoids.length > 0) }],
    search: (row) => `${row.id} ${row.asset} ${row.orders.join(" ")} ${held(row)}`,
    badge: () => [...store.tables.missions.values()].filter(waits).length,
    columns: [
      { name: "asset", label: "Asset", width: "minmax(150px,1fr)", value: text("asset"), cell: text("asset") },
      { name: "status", label: "Status", width: "82px", value: text("status"), cell: (row) => pill(waits(row) ? "waiting" : row.status) },
      { name: "start", label: "Start", width: "50px", align: right, value: text("start_at"), cell: (row) => shortTime(row.start_at) },
      { name: "waits", label: "Why it waits, or how it is kept apart", width: "minmax(160px,2.4fr)", value: (row) => (waits(row) ? 2 : row.avoids.length ? 1 : 0), cell: (row) => el("span", { class: waits(row) ? "late" : "", title: held(row) }, held(row)) },
    ],
  };
}

const held = (row) => (waits(row) ? row.waits : row.avoids).map((reason) => reason.detail).join("; ");

function routes() {
  return {
    name: "routes",
    table: "missions",
    label: "Routes",
    empty: "No van route.",
    keep: (row) => row.stops.length > 0,
    sort: { name: "start", descending: false },
    filters: [],
    search: (row) => `${row.id} ${row.asset} ${row.orders.join(" ")}`,
    columns: [
      { name: "asset", label: "Van", width: "minmax(80px,1fr)", value: text("asset"), cell: text("asset") },
      { name: "id", label: "Route", width: "minmax(80px,1.2fr)", value: text("id"), cell: text("id") },
      { name: "status", label: "Status", width: "78px", value: text("status"), cell: (row) => pill(row.status) },
      { name: "start", label: "Start", width: "44px", align: right, value: text("start_at"), cell: (row) => shortTime(row.start_at) },
      { name: "stops", label: "Stops done", width: "78px", align: right, value: (row) => stopsDone(row) / row.stops.length, cell: (row) => `${stopsDone(row)} of ${row.stops.length}` },
      { name: "late", label: "Behind", title: "How far behind its times it was at the last stop", width: "58px", align: right, value: text("late_s"), cell: (row) => el("span", { class: row.late_s > 300 ? "late" : "" }, duration(row.late_s)) },
    ],
  };
}

const stopsDone = (row) => row.stops.filter((stop) => stop.done).length;

function commands(store) {
  return {
    name: "commands",
    label: "Commands",
    empty: "No command has been given.",
    sort: { name: "at", descending: true },
    filters: [{ name: "state", label: "All", options: ["waiting", "acknowledged", "refused"], keep: (row, value) => row.acknowledgement === value }],
    search: (row) => `${row.asset} ${row.action} ${row.by} ${row.why}`,
    badge: () => [...store.tables.commands.values()].filter((row) => row.acknowledgement === "waiting").length,
    columns: [
      { name: "at", label: "Time", width: "62px", value: text("at"), cell: (row) => clockTime(row.at) },
      { name: "asset", label: "Asset", width: "minmax(170px,1fr)", value: text("asset"), cell: (row) => link(row.asset, (event) => { event.stopPropagation(); store.choose("assets", row.asset); }) },
      { name: "action", label: "Command", width: "62px", value: text("action"), cell: text("action") },
      { name: "by", label: "By", width: "70px", value: text("by"), cell: text("by") },
      { name: "why", label: "Why", width: "minmax(60px,1.2fr)", value: text("why"), cell: (row) => el("span", { title: row.why }, row.why) },
      { name: "state", label: "Acknowledgement", width: "104px", value: text("acknowledgement"), cell: (row) => el("span", { title: row.detail }, pill(row.acknowledgement)) },
    ],
  };
}
