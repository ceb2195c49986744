// Closing an area, and opening it again: what that leads to is shown first, and only what was shown can be done.

import { byId, el, setText } from "../dom.js";
import { changeZones, previewZones } from "../hub.js";
import { Draft } from "./draft.js";
import { outcome } from "./outcome.js";

export class Closing {
  constructor(store, map) {
    this.store = store;
    this.panel = byId("closing");
    this.opener = byId("close-area");
    this.draft = new Draft(map, () => this.#edited());
    this.seen = null; // the change whose consequences are shown
    this.opener.addEventListener("click", () => this.#toggle(this.panel.hidden));
    this.panel.addEventListener("input", () => this.#edited());
    this.panel.addEventListener("keydown", (event) => event.key === "Escape" && this.#toggle(false));
    store.addEventListener("change", (event) => event.detail.has("ground") && !this.panel.hidden && this.#listClosed());
    this.#build();
  }

  #build() {
    this.name = el("input", { type: "text", class: "wide", maxlength: "128", "aria-label": "Name of the area" });
    this.radius = el("input", { type: "number", min: "1", max: "100000", value: "300", "aria-label": "Radius in metres" });
    this.minutes = el("input", { type: "number", min: "1", max: "100000", placeholder: "no end", "aria-label": "Minutes that it is closed" });
    this.file = el("input", { type: "file", class: "wide", accept: ".geojson,.json", "aria-label": "GeoJSON file", onchange: () => this.#load() });
    this.ask = el("button", { type: "button", title: "Show what it leads to; nothing is changed", onclick: () => this.#preview(this.#change()) }, "Preview");
    this.go = el("button", { type: "button", class: "go", disabled: true, onclick: () => this.#apply() }, "Do it now");
    this.outcome = el("div", { class: "outcome", role: "status" });
    this.closed = el("div", { class: "fields-closed" });
    const field = (label, input) => [el("span", { class: "dim" }, label), input];
    this.panel.replaceChildren(
      el("h2", { id: "closing-title" }, "Close an area"),
      el("p", { class: "dim" }, "Click on the map: one point is the middle of a circle, three or more are corners."),
      el("div", { class: "fields" }, field("Name", this.name), field("Circle, m", this.radius), field("Minutes", this.minutes), field("Or a file", this.file)),
      el("div", { class: "foot" }, el("button", { type: "button", onclick: () => this.#clear() }, "Clear"), this.ask, this.go),
      this.outcome,
      this.closed,
    );
  }

  #toggle(open) {
    this.panel.hidden = !open;
    this.opener.setAttribute("aria-expanded", String(open));
    this.draft.listen(open);
    if (open) {
      this.#clear();
      this.#listClosed();
      this.name.focus();
    } else this.opener.focus();
  }

  #clear() {
    this.draft.clear();
    this.file.value = "";
    this.loaded = null;
    this.name.value = `closed-${this.store.position ?? 0}`;
    this.#edited();
    this.#say("");
  }

  /** What was shown is not what would be done any more. */
  #edited() {
    this.draft.show(Number(this.radius.value), this.loaded);
    this.seen = null;
    this.go.disabled = true;
  }

  async #load() {
    const [file] = this.file.files;
    try {
      const read = file ? JSON.parse(await file.text()) : null;
      this.loaded = read && (read.type === "FeatureCollection" ? read.features : [read]);
      this.#edited();
    } catch (error) {
      this.loaded = null;
      this.#say(`${file.name} is no JSON: ${error.message}`, true);
    }
  }

  /** The change as the hub takes it; none where nothing is drawn yet. */
  #change() {
    const features = this.loaded ?? this.draft.features(Number(this.radius.value));
    const name = this.name.value.trim();
    if (!features.length || !name) return null;
    const until = this.#until();
    const add = features.map((feature, index) => ({
      zone_id: index ? `${name} (${index + 1})` : name,
      feature: until ? { ...feature, properties: { ...feature.properties, ends_at: until } } : feature,
    }));
    return { add, remove: [] };
  }

  /** When it ends, by the hub's clock. */
  #until() {
    const minutes = Number(this.minutes.value);
    const now = this.store.pulse?.now;
    return minutes > 0 && now ? new Date(Date.parse(now) + 60_000 * minutes).toISOString() : null;
  }

  async #preview(change) {
    if (change === null) return this.#say("Draw an area or choose a file, and give it a name.", true);
    this.#edited();
    this.#say("Asking the hub…");
    this.ask.disabled = true;
    const asked = (this.asked = {});
    const answer = await previewZones(change);
    this.ask.disabled = false;
    if (asked !== this.asked) return;
    this.#show(answer);
    if (!answer.ok) return;
    this.seen = change;
    this.go.disabled = false;
    setText(this.go, change.remove.length ? "Open it now" : "Close it now");
  }

  async #apply() {
    const change = this.seen;
    if (change === null) return;
    this.go.disabled = true;
    this.#say("Telling the hub…");
    const answer = await changeZones(change, "");
    this.seen = null;
    if (answer.ok) this.draft.clear();
    this.#show(answer);
  }

  #show(answer) {
    this.outcome.classList.toggle("refused", !answer.ok);
    this.outcome.replaceChildren(...outcome(answer, (asset) => this.store.choose("assets", asset)));
    this.draft.entries(answer.zones);
  }

  #say(text, isBad = false) {
    this.asked = null;
    this.outcome.classList.toggle("refused", isBad);
    this.outcome.replaceChildren(text);
    this.draft.entries(null);
  }

  #listClosed() {
    const closed = this.store.zones.areas.filter((zone) => zone.by_hand);
    const open = (zone) => el("button", { type: "button", onclick: () => this.#preview({ add: [], remove: [zone.id] }) }, "Open…");
    const rows = closed.map((zone) => el("div", { class: "opened", "data-zone": zone.id }, zone.id, open(zone)));
    this.closed.replaceChildren(...(rows.length ? [el("h3", {}, "Closed by hand"), ...rows] : []));
  }
}
