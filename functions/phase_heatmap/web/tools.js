// The row of controls: hold, which time, which rows. They ask; what is shown decides how they look.

import { fieldTime } from "./clock.js";
import { text } from "./parts.js";
import { LAST } from "./view.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./view.js").Time} Time */
/**
 * @typedef {object} Asked
 * @property {() => void} hold or go on
 * @property {(time: Time) => void} time
 * @property {(rows: [number, number] | null) => void} rows
 */

export class Tools {
  #asked;
  #hold = button("Pause");
  /** @type {Map<string, HTMLButtonElement>} */
  #times = new Map();
  #form = document.createElement("form");
  #from = field("datetime-local");
  #to = field("datetime-local");
  #first = field("number");
  #last = field("number");
  #of = document.createElement("span");
  #all = button("All rows");
  #shown = "";

  /** @param {HTMLElement} host @param {Asked} asked */
  constructor(host, asked) {
    this.#asked = asked;
    this.#hold.classList.add("heat-hold");
    this.#hold.addEventListener("click", () => asked.hold());
    const times = group("Time");
    times.classList.add("heat-times");
    for (const [name, label] of [["live", "Live"], ...LAST.map((each) => [each.name, each.label]), ["range", "From … to"]]) {
      const made = button(label);
      made.addEventListener("click", () => this.#pick(name));
      this.#times.set(name, made);
      times.append(made);
    }
    host.append(this.#hold, times, this.#rows(), this.#range());
  }

  #rows() {
    const rows = group("Rows");
    rows.classList.add("heat-rows");
    for (const each of [this.#first, this.#last]) {
      each.min = "1";
      each.addEventListener("change", () => this.#takeRows());
    }
    this.#all.addEventListener("click", () => this.#asked.rows(null));
    rows.append(labelled("Rows", this.#first), labelled("to", this.#last), this.#of, this.#all);
    return rows;
  }

  #range() {
    this.#form.className = "heat-range";
    this.#form.hidden = true;
    for (const each of [this.#from, this.#to]) {
      each.step = "1";
      each.required = true;
    }
    const show = button("Show");
    show.type = "submit";
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const [fromUs, toUs] = [this.#from, this.#to].map((each) => Date.parse(each.value) * 1000);
      this.#to.setCustomValidity(fromUs < toUs ? "" : "This must be later than the other time.");
      if (this.#form.reportValidity()) this.#asked.time({ kind: "range", fromUs, toUs });
    });
    this.#to.addEventListener("input", () => this.#to.setCustomValidity(""));
    this.#form.append(labelled("From", this.#from), labelled("to", this.#to), show);
    return this.#form;
  }

  /** @param {string} name */
  #pick(name) {
    if (name === "range") {
      this.#form.hidden = !this.#form.hidden;
      if (!this.#form.hidden) this.#from.focus();
      return;
    }
    this.#form.hidden = true;
    this.#asked.time(name === "live" ? { kind: "live" } : { kind: "last", name });
  }

  #takeRows() {
    const [first, last] = [this.#first, this.#last].map((each) => Math.round(Number(each.value)));
    const most = Number(this.#last.max) || Infinity;
    const within = (/** @type {number} */ row) => Math.min(Math.max(row, 1), most);
    const [from, to] = [within(Math.min(first, last)), within(Math.max(first, last))];
    this.#shown = ""; // the fields follow, whatever was typed
    this.#asked.rows(from === 1 && to === most ? null : [from, to]);
  }

  /**
   * What is shown now.
   *
   * @param {View} view
   * @param {[number, number]} rows from the first to the one after the last, counted from 0
   * @param {number} count of all rows
   * @param {[number, number]} edges times of the left and the right edge, in microseconds
   */
  show(view, rows, count, edges) {
    const { kind } = view.time;
    const key = JSON.stringify([view.time, rows, count]);
    if (key === this.#shown) return;
    this.#shown = key;
    text(this.#hold, kind === "live" ? "Pause" : "Back to live");
    this.#hold.classList.toggle("main", kind !== "live");
    const chosen = view.time.kind === "last" ? view.time.name : kind;
    for (const [name, each] of this.#times) each.setAttribute("aria-pressed", String(name === chosen));
    if (view.time.kind === "range") this.#form.hidden = false;
    const times = view.time.kind === "range" ? [view.time.fromUs, view.time.toUs] : edges;
    [this.#from.value, this.#to.value] = times.map(fieldTime);
    [this.#first.value, this.#last.value] = [String(rows[0] + 1), String(rows[1])];
    this.#first.max = this.#last.max = String(count);
    text(this.#of, `of ${count.toLocaleString("en")}`);
    this.#all.hidden = rows[1] - rows[0] === count;
  }
}

/** @param {string} label @returns {HTMLButtonElement} */
export function button(label) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  return made;
}

/** @param {string} label */
function group(label) {
  const made = document.createElement("div");
  made.setAttribute("role", "group");
  made.setAttribute("aria-label", label);
  return made;
}

/** @param {string} type @returns {HTMLInputElement} */
function field(type) {
  const made = document.createElement("input");
  made.type = type;
  return made;
}

/** @param {string} label @param {HTMLElement} input */
function labelled(label, input) {
  const made = document.createElement("label");
  made.append(label, " ", input);
  return made;
}
