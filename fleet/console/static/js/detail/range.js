// How far a drone may go with a payload: asked of the console's server, drawn on the map while the drone is chosen.

import { el, setText } from "../dom.js";
import { quantity } from "../format.js";
import { rangeOf } from "../hub.js";

/** A form in the panel of one drone. It is kept while the panel is. */
export class RangeForm {
  constructor(store, id) {
    Object.assign(this, { store, id });
    this.payload = el("input", { type: "number", min: "0", step: "0.1", value: "0", "aria-label": "Payload in kg" });
    this.answer = el("p", { class: "reach", role: "status" });
    const fields = el("form", { class: "range" }, "Range with ", this.payload, " kg ", el("button", { type: "submit" }, "Show"));
    fields.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#ask();
    });
    this.node = el("div", { "aria-label": `Range of ${id}`, role: "group" }, fields, this.answer);
  }

  async #ask() {
    this.#say("asking…", false);
    try {
      const made = await rangeOf(this.id, this.payload.value);
      if (!this.store.isChosen("assets", this.id)) return;
      this.store.showRange(made.geometry);
      this.#say(said(made.properties), made.geometry === null);
    } catch (error) {
      this.store.showRange(null);
      this.#say(error.message, true);
    }
  }

  #say(text, refused) {
    setText(this.answer, text);
    this.answer.classList.toggle("refused", refused);
  }
}

function said({ nearest_m: nearest, farthest_m: farthest, margin_share: margin, reasons, verdict, soc }) {
  if (farthest === null) return `${verdict}: ${reasons.map((reason) => reason.detail).join("; ")}`;
  const far = Math.round(nearest) === Math.round(farthest) ? quantity(farthest, "m") : `${quantity(nearest, "m")} to ${quantity(farthest, "m")}`;
  return `out and back ${far} at ${Math.round(soc * 100)} % charge, with a margin of ${(margin * 100).toFixed(1)} % (modelled, not proven); zones and limits of weather are not asked`;
}
