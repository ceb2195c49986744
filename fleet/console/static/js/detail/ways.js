// Every way of one order as the plan stands: asked of the planner when somebody wants to know.

import { el, link, pill, words } from "../dom.js";
import { clockTime, money } from "../format.js";
import { waysOf } from "../hub.js";
import { reasonList, section } from "./parts.js";

/** Kept while its order is shown, so that an answer stays where the panel around it is drawn anew. */
export class WaysPanel {
  constructor(store, id) {
    Object.assign(this, { store, id, asking: false, plan: undefined });
    this.ask = el("button", { type: "button", id: "ask-ways", onclick: () => this.#ask() }, "Find every way");
    this.answer = el("div", { id: "ways", "aria-live": "polite" }, this.#hint());
    this.node = section("Every way", this.ask, this.answer);
  }

  /** The panel for what is told now; an answer of an earlier plan, or of another draft, says that it is one. */
  current(told) {
    this.ask.hidden = told.no_choice_left !== null;
    if (told.no_choice_left) this.answer.replaceChildren(el("p", { class: "dim" }, `${this.id} ${told.no_choice_left}.`));
    const plan = `${told.plan?.plan_id} ${told.mission?.mission_id} ${told.order.status}`;
    if (this.plan !== undefined && this.plan !== plan && !this.asking && !this.stale) {
      this.stale = true;
      this.answer.prepend(el("p", { class: "dim" }, "What is planned has changed since; ask again."));
    }
    this.last = plan;
    return this;
  }

  async #ask() {
    Object.assign(this, { asking: true, stale: false, plan: this.last });
    this.ask.disabled = true;
    this.answer.replaceChildren(el("p", { class: "dim" }, "The planner looks for its ways."));
    const told = await waysOf(this.id);
    this.asking = false;
    this.ask.disabled = false;
    if (this.ask.hidden) return; // it went out meanwhile, which is said: the ways are none any more
    this.answer.replaceChildren(...(told.ok && told.ways ? this.#found(told) : [el("p", { class: "answer refused" }, told.detail)]));
  }

  #hint() {
    return el("p", { class: "dim" }, "Each locker, site and type, with what it would cost there or why not. Nothing is changed.");
  }

  #found({ ways, detail }) {
    const head = el("tr", {}, ["Way", "Verdict", "Cost"].map((name, index) => el("th", { class: side(index), scope: "col" }, name)));
    const rows = ways.options.flatMap((one) => this.#rows(one, ways.currency));
    const left = ways.nearest_change ? el("p", {}, el("b", {}, "No way has room. Smallest change: "), ways.nearest_change) : null;
    const assumed = el("details", {}, el("summary", {}, `${ways.assumptions.length} assumptions`), el("ul", { class: "assumptions" }, ways.assumptions.map((one) => el("li", {}, one))));
    return [
      el("p", { class: "dim" }, `As of ${clockTime(ways.at)}, beside ${ways.beside} other drafted parcels. ${detail}`),
      left,
      ways.reasons.length ? reasonList(ways.reasons) : null,
      el("table", {}, el("thead", {}, head), el("tbody", {}, rows)),
      ways.more ? el("p", { class: "dim" }, `And ${ways.more} more.`) : null,
      ways.assumptions.length ? assumed : null,
    ].filter(Boolean);
  }

  #rows(one, currency) {
    const where = [
      words(one.mode),
      one.site_id ? el("span", { class: "dim" }, ` ${one.type_id} from ${one.site_id}`) : null,
      one.locker_id ? [" into ", link(one.locker_id, () => this.store.choose("lockers", one.locker_id))] : null,
    ].filter(Boolean).flat();
    const cells = [where, one.chosen ? pill("feasible", "chosen") : pill(one.verdict), money(one.cost ?? null, currency)];
    const row = el("tr", { class: one.chosen ? "chosen" : "" }, cells.map((content, index) => el("td", { class: side(index) }, content)));
    return one.reasons.length ? [row, el("tr", { class: "because" }, el("td", { colspan: "3" }, reasonList(one.reasons)))] : [row];
  }
}

const side = (index) => (index === 2 ? "right" : "");
