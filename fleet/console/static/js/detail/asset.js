// One asset: how it is, what it is doing, and the buttons that tell it what to do.

import { el, link, pill, setText, words } from "../dom.js";
import { clockTime, duration, orDash, position, quantity } from "../format.js";
import { command } from "../hub.js";
import { charge, linkAge, meter } from "../lists.js";
import { facts, heading, noReturn, section } from "./parts.js";
import { RangeForm } from "./range.js";

const ACTIONS = [["hold", "Hold"], ["resume", "Resume"], ["return", "Return"], ["land", "Land"]];

/** The panel of one asset. It is kept while it is shown, so that a button never moves or loses focus under a finger. */
export class AssetPanel {
  constructor(store, id) {
    Object.assign(this, { store, id });
    this.title = el("div");
    this.about = el("div");
    this.answer = el("p", { class: "answer", role: "status" });
    this.buttons = ACTIONS.map(([action, label]) => this.#button(action, label));
    this.commands = el("div");
    const actions = el("div", { class: "actions", role: "group", "aria-label": `Commands to ${id}` }, this.buttons);
    const range = store.tables.assets.get(id)?.kind === "drone" ? [new RangeForm(store, id).node] : [];
    this.node = [this.title, actions, this.answer, ...range, this.about, this.commands];
    this.refresh();
  }

  refresh() {
    const asset = this.store.tables.assets.get(this.id);
    if (!asset) return;
    this.title.replaceChildren(heading(this.store, this.id, pill(asset.status), el("span", {}, words(asset.kind)), asset.withdrawn ? pill("failed", "out of service") : null));
    this.about.replaceChildren(this.#facts(asset));
    this.commands.replaceChildren(...this.#commands());
  }

  #button(action, label) {
    const button = el("button", { type: "button", class: action === "land" ? "danger" : "", "data-action": action }, label);
    const ask = () => (action === "land" && !button.classList.contains("confirm") ? this.#confirm(button) : this.#send(button, action, label));
    button.addEventListener("click", ask);
    button.addEventListener("blur", () => this.#calm(button, label));
    return button;
  }

  /** Landing is not taken back: it takes a second press. */
  #confirm(button) {
    button.classList.add("confirm");
    setText(button, "Land now?");
  }

  #calm(button, label) {
    button.classList.remove("confirm");
    setText(button, label);
  }

  async #send(button, action, label) {
    this.#calm(button, label);
    this.#say(`${label}: sending…`, false);
    const answer = await command(this.id, action);
    this.#say(answer.detail, !answer.ok);
  }

  #say(text, refused) {
    setText(this.answer, text);
    this.answer.classList.toggle("refused", refused);
  }

  #facts(asset) {
    const { store } = this;
    const sample = store.samples.get(asset.id);
    return facts([
      ["Battery", meter(charge(store, asset))],
      ...(sample?.packs ?? []).map((one) => [`Pack ${one.pack}`, pack(one)]),
      ["Link age", linkAge(store, asset.id)],
      ["Position", sample ? position(sample.place) : el("span", { class: "stale", title: asset.place_at ? "as an event last told it" : "as the fleet file has it" }, `${position(asset.place)} (${asset.place_at ? `recorded ${clockTime(asset.place_at)}` : "not told yet"})`)],
      ["Height (AMSL)", quantity(sample?.alt_amsl_m, "m")],
      ["Speed", quantity(sample?.ground_speed_mps, "m/s", 1)],
      ["Says it is", words(sample?.state)],
      ["Mission", orDash(asset.mission)],
      ["Step", orDash(asset.step)],
      ["Steps left", orDash(asset.steps_left)],
      ["Point of no return", noReturn(store.tables.missions.get(asset.mission))],
      ["Behind its times", asset.mission ? duration(asset.late_s) : "–"],
      ["Type", asset.type],
      ["Energy", orDash(asset.energy ? energy(asset.energy) : null)],
      ["Home", asset.home],
      ["Carries", this.#parcels(asset)],
    ]);
  }

  #parcels(asset) {
    const orders = this.store.tables.missions.get(asset.mission)?.orders ?? [];
    if (orders.length > 3) return `${orders.length} parcels`;
    return orders.length ? orders.flatMap((id) => [link(id, () => this.store.choose("orders", id)), " "])[0] : "–";
  }

  #commands() {
    const rows = [...this.store.tables.commands.values()].filter((row) => row.asset === this.id).sort((a, b) => (a.at < b.at ? 1 : -1));
    if (!rows.length) return [];
    const lines = rows.slice(0, 6).map((row) => el("tr", {}, el("td", {}, clockTime(row.at)), el("td", {}, row.action), el("td", {}, row.by), el("td", {}, row.why), el("td", {}, pill(row.acknowledgement))));
    return [section("Commands", el("table", {}, el("tbody", {}, lines)))];
  }
}

/** One of several packs as it told it last: what is in it and what it measures; what was not measured is not said. */
function pack({ soc, voltage_v: volts, health, temperature_c: celsius, condition }) {
  const said = [
    soc === null ? "charge not told" : `${(soc * 100).toFixed(0)} %`,
    volts === null ? null : quantity(volts, "V", 1),
    health === null ? null : `health ${(health * 100).toFixed(0)} %`,
    celsius === null ? null : quantity(celsius, "°C"),
  ].filter(Boolean).join(", ");
  return condition === "ok" ? said : el("span", {}, `${said} `, pill("failed", condition));
}

/** What was learned of what it takes: its bias by how many trips, and by how much predictions are raised for it. */
function energy({ bias, trips, raised_by: raised, type_raised_by: usual, slower }) {
  const share = (value) => `${(value * 100).toFixed(1)} %`;
  const learned = trips ? `${bias < 0 ? "" : "+"}${share(bias)} by ${trips} trips; ` : "";
  const times = slower ? `; its ways last ${share(Math.abs(slower))} ${slower > 0 ? "longer" : "less"} than its type's` : "";
  return `${learned}counted with ${share(raised)} more than predicted (its type ${share(usual)})${times}`;
}
