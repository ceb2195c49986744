// STOP ALL, and letting work go on: asks once, then shows for each asset whether it has acknowledged.

import { byId, el, pill, setText } from "./dom.js";
import { resumeAll, stopAll } from "./hub.js";

const ACTIONS = [
  ["hold", "Hold", "stop where they are: drones hover, robots and vans stand"],
  ["return", "Return", "break off and go back to their home sites"],
  ["land", "Land", "land or stop at once, at the nearest safe spot"],
];

export class StopAll {
  constructor(store) {
    this.store = store;
    this.ids = null;
    this.dialog = byId("stop-dialog");
    byId("stop-all").addEventListener("click", () => this.#ask());
    byId("resume-all").addEventListener("click", () => this.#askResume());
    store.addEventListener("change", (event) => {
      byId("resume-all").hidden = !store.summary?.stopped_by;
      if (event.detail.has("commands")) this.#acknowledgements();
    });
  }

  #ask() {
    this.title = "Stop all assets";
    const moving = this.store.summary?.moving ?? 0;
    this.ids = null;
    this.choices = ACTIONS.map(([value, label, what], index) => choice(value, label, what, index === 0));
    const lead = el("p", { class: "lead" }, el("b", {}, String(moving)), ` ${moving === 1 ? "asset is" : "assets are"} under way. Every one of them is told at once; each acknowledges for itself. Nothing more goes out until work is resumed.`);
    const choices = el("fieldset", { class: "choices", "aria-label": "What they are to do" }, this.choices);
    const chosen = () => this.dialog.querySelector("input[name=stop-action]:checked").value;
    this.#confirm([lead, choices], "Stop them all", (why) => stopAll(chosen(), why));
  }

  #askResume() {
    this.title = "Resume work";
    this.ids = null;
    const held = this.store.summary?.vehicles?.held ?? 0;
    const lead = el("p", { class: "lead" }, `Stopped by ${this.store.summary?.stopped_by}. `, el("b", {}, String(held)), ` ${held === 1 ? "asset is" : "assets are"} held and will go on; missions that waited are checked again and go out.`);
    this.#confirm([lead], "Resume work", (why) => resumeAll(why));
  }

  #confirm(parts, label, send) {
    this.why = el("input", { type: "text", maxlength: "200", "aria-label": "Reason", placeholder: "Reason (goes into the log)" });
    this.go = el("button", { type: "button", class: "go", onclick: () => this.#send(send) }, label);
    this.#show(...parts, this.why, el("div", { class: "foot" }, this.#close("Cancel"), this.go));
    this.dialog.showModal();
    this.go.focus();
  }

  async #send(send) {
    this.go.disabled = true;
    setText(this.go, "Sending…");
    const answer = await send(this.why.value.trim());
    this.ids = new Set(answer.ids);
    this.tally = el("div", { class: "tally", role: "status" });
    this.list = el("ul", { class: "acks", "aria-label": "Acknowledgements" });
    this.#show(el("p", { class: answer.ok ? "" : "late" }, answer.detail), this.tally, this.list, el("div", { class: "foot" }, this.#close("Close")));
    this.#acknowledgements(answer.commands);
    this.dialog.querySelector(".foot button").focus();
  }

  /** The commands of this stop, as the hub's log has them now. */
  #acknowledgements(first = []) {
    if (this.ids === null || !this.list) return;
    const known = new Map(first.map((row) => [row.id, row]));
    for (const id of this.ids) if (this.store.tables.commands.has(id)) known.set(id, this.store.tables.commands.get(id));
    const rows = [...known.values()].sort((a, b) => (a.asset < b.asset ? -1 : 1));
    const count = (state) => rows.filter((row) => row.acknowledgement === state).length;
    this.tally.replaceChildren(
      el("span", { class: "s-acknowledged" }, el("b", {}, String(count("acknowledged"))), " acknowledged"),
      el("span", { class: "s-waiting" }, el("b", {}, String(count("waiting") + this.ids.size - rows.length)), " waiting"),
      el("span", { class: "s-refused" }, el("b", {}, String(count("refused"))), " refused"),
    );
    this.list.replaceChildren(...rows.map((row) => el("li", { title: row.detail }, el("span", {}, row.asset), pill(row.acknowledgement))));
  }

  #close(label) {
    return el("button", { type: "button", onclick: () => this.dialog.close() }, label);
  }

  #show(...parts) {
    this.dialog.replaceChildren(el("h2", { id: "stop-title" }, this.title), el("div", { class: "body" }, parts));
  }
}

function choice(value, label, what, checked) {
  return el("label", {}, el("input", { type: "radio", name: "stop-action", value, checked }), el("b", {}, label), el("span", { class: "dim" }, what));
}
