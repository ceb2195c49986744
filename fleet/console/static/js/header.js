// The head and the foot of the page: the hub's time, whether all this is current, figures, and what it rests on.

import { byId, el, setText, words } from "./dom.js";
import { brief, clockTime, day, duration, quantity, timezone, useTimezone } from "./format.js";

const PARCELS = ["received", "planned", "under_way", "in_locker", "delivered", "collected", "returned"];
const VEHICLES = ["on_mission", "held", "returning", "landing", "link_lost", "faulted"];

export class Header {
  constructor(store, tabs) {
    this.store = store;
    this.figures = new Map();
    const figure = (key, label, open) => {
      const value = el("b", {}, "0");
      const button = el("button", { type: "button", class: "count zero", onclick: open, "data-count": key, title: `${label}: show them` }, value, el("span", {}, label));
      this.figures.set(key, { button, value });
      return button;
    };
    byId("counts").append(
      ...PARCELS.map((status) => figure(`parcels.${status}`, words(status), () => tabs.open("orders", { status }))),
      figure("late", "late", () => tabs.open("orders", { flag: "late" })),
      el("span", { class: "count-gap" }),
      ...VEHICLES.map((status) => figure(`vehicles.${status}`, words(status), () => tabs.open("assets", { status }))),
      figure("exceptions", "exceptions", () => tabs.open("exceptions", { state: "open" })),
    );
    this.foot = ["feed", "position", "zones", "weather", "planning", "refused"].map((name) => [name, byId("status").appendChild(el("span", { "data-name": name }))]);
    store.addEventListener("change", () => this.#draw());
  }

  #draw() {
    const { summary, pulse } = this.store;
    useTimezone(summary.timezone);
    setText(byId("clock"), clockTime(pulse.now ?? summary.last_event_at).replace("–", "--:--:--"));
    setText(byId("day"), summary.opened_at ? `${day(pulse.now ?? summary.last_event_at)}` : "no day is open");
    for (const [key, count] of Object.entries({ ...flat("parcels", summary), ...flat("vehicles", summary), late: summary.late_parcels, exceptions: summary.open_exceptions })) this.#figure(key, count);
    this.#foot();
  }

  #figure(key, count) {
    const figure = this.figures.get(key);
    if (!figure) return;
    setText(figure.value, String(count));
    figure.button.classList.toggle("zero", count === 0);
    figure.value.classList.toggle("late", count > 0 && BAD.has(key));
  }

  #foot() {
    const { pulse, zones, position, summary, weather } = this.store;
    const refused = Object.values(pulse.health?.refused ?? {}).reduce((sum, count) => sum + count, 0) + pulse.bad_frames;
    const says = {
      feed: pulse.health?.troubles?.length ? `hub: ${pulse.health.troubles.join("; ")}` : pulse.health ? `hub: loop lag ${Math.round(pulse.health.loop_lag_ms ?? 0)} ms${pulse.health.lockstep ? ", simulated time" : ""}` : "hub: no health report yet",
      position: `${position} events, times in ${timezone()}`,
      zones: zones.complete ? `zones ${brief(zones.version)}` : `zones: the map lacks some of ${brief(zones.version)}`,
      weather: weatherLine(weather, pulse.now ?? summary.last_event_at),
      planning: summary.planning ? `planning ${summary.planning}` : "",
      refused: refused ? `${refused} messages refused` : "",
    };
    for (const [name, node] of this.foot) setText(node, says[name]);
    this.#warn("feed", Boolean(pulse.health?.troubles?.length));
    this.#warn("zones", !zones.complete);
    this.#warn("weather", !weather.known);
  }

  #warn(name, wrong) {
    this.foot.find(([known]) => known === name)[1].className = wrong ? "warn" : "";
  }
}

/** The wind that the hub decides with, whose word it is and how old; loud when it does not know. */
function weatherLine(weather, now) {
  const ago = (time) => (time && now ? duration(Math.max(0, (Date.parse(now) - Date.parse(time)) / 1000)) : null);
  const measured = ago(weather.observed_at);
  const seen = measured === null ? "nothing measured" : `measured ${measured} ago`;
  if (!weather.known) return `weather unknown, ${seen}${weather.assumed ? ": taken to be calm, as the fleet file says" : ""}`;
  const age = ago(weather.said_at);
  const word = `${weather.said_by || "the file"}${age === null ? "" : ` ${age} ago`}`;
  return `wind ${quantity(weather.wind_mps, "m/s", 1)} from ${windFrom(weather)}, gusts ${quantity(weather.gust_mps, "m/s", 1)}, by ${word}`;
}

/** Where a wind comes from: a direction, an arc, or anywhere. */
function windFrom({ wind_from_deg: middle, wind_turns_deg: turns }) {
  if (middle === null) return "anywhere";
  const at = (deg) => `${(deg + 360) % 360}°`;
  return turns > 0 ? `${at(middle - turns)} to ${at(middle + turns)}` : at(middle);
}

const BAD = new Set(["late", "exceptions", "vehicles.link_lost", "vehicles.faulted"]);
const flat = (name, summary) => Object.fromEntries(Object.entries(summary[name]).map(([status, count]) => [`${name}.${status}`, count]));

/** Says loudly when what is shown is not current: no word from the console, from the hub, or from the store. */
export function watchContact(store) {
  let away = null;
  const show = () => {
    const trouble = troubleOf(store, away);
    const alarm = byId("alarm");
    setText(alarm, trouble?.text ?? "");
    alarm.hidden = !trouble?.text;
    const feed = byId("feed");
    feed.dataset.state = trouble?.state ?? "live";
    setText(feed, trouble?.badge ?? "live");
    document.querySelector(".clock").classList.toggle("stale", trouble !== null);
  };
  store.addEventListener("change", show);
  return (age) => {
    away = age;
    show();
  };
}

function troubleOf(store, away) {
  if (away !== null) return { state: "silent", badge: "no contact", text: `No contact with the console for ${duration(away)}. Nothing here is current.` };
  const { pulse } = store;
  if (pulse === null) return { state: "waiting", badge: "connecting", text: "" };
  if (pulse.trouble) return { state: "silent", badge: "store unreadable", text: `The log of events can't be read: ${pulse.trouble}` };
  if (!pulse.silent) return null;
  const since = pulse.feed_age_s === null ? "The hub's feed has not been heard yet" : `The hub's feed has been silent for ${duration(pulse.feed_age_s)}`;
  const badge = pulse.feed_age_s === null ? "no feed" : `silent ${duration(pulse.feed_age_s)}`;
  return { state: "silent", badge, text: `${since}. Positions and batteries are not current.` };
}
