// Where somebody points, by a pointer or by keys: a mark around the cell, and a note beside it. Dragging over rows with a
// mouse or a pen chooses them. Nothing here happens for each frame: only as somebody moves, and when `refresh` is called.

import { text } from "./parts.js";

const EVERY_MS = 40; // of moves of a pointer
const DRAG = 8; // CSS pixels; less is a click
const LEAST_MARK = 6; // CSS pixels, so that the mark of a small cell is seen

/** @typedef {import("./parts.js").Parts} Parts */
/** @typedef {{columns: number, rows: number}} Cells */
/**
 * @typedef {object} Host
 * @property {() => Cells | null} cells null while nothing is drawn
 * @property {(column: number, row: number) => [string, string, string]} words
 * @property {(words: string) => void} say what a move by keys has come to
 * @property {(top: number, bottom: number) => void} chosen rows, as shares of the height
 */

export class Cursor {
  /** @type {HTMLElement} */
  #map;
  /** @type {HTMLElement} */
  #mark;
  /** @type {HTMLElement} */
  #band;
  /** @type {HTMLElement} */
  #tip;
  #host;
  /** @type {{x: number, y: number} | null} as shares of the map */
  #at = null;
  #moved = -Infinity;
  /** @type {{id: number, y: number} | null} */
  #drag = null;

  /** @param {Parts} parts @param {Host} host @param {AbortSignal} signal */
  constructor(parts, host, signal) {
    [this.#map, this.#mark, this.#band, this.#tip] = [parts.map, parts.mark, parts.band, parts.tip];
    this.#host = host;
    this.#tip.append(...Array.from({ length: 3 }, () => document.createElement("span")));
    const on = (/** @type {string} */ name, /** @type {(event: PointerEvent) => void} */ heard) =>
      this.#map.addEventListener(name, /** @type {any} */ (heard), { signal });
    on("pointermove", (event) => this.#point(event));
    on("pointerdown", (event) => this.#press(event));
    on("pointerup", (event) => this.#release(event));
    on("pointercancel", () => this.#letGo());
    on("pointerleave", (event) => {
      if (event.pointerType !== "touch" && this.#drag === null) this.hide();
    });
    this.#map.addEventListener("blur", () => this.hide(), { signal });
  }

  /** The row of cells that is pointed at, as a share of the height; null if none is. */
  get height() {
    return this.#at?.y ?? null;
  }

  hide() {
    this.#at = null;
    this.#mark.hidden = this.#tip.hidden = true;
  }

  /** Move by cells; from the middle, if nothing is pointed at. @param {number} columns @param {number} rows */
  move(columns, rows) {
    const cells = this.#host.cells();
    if (cells === null) return;
    const held = (/** @type {number} */ share, /** @type {number} */ count, /** @type {number} */ by) =>
      (Math.min(Math.max(Math.floor(share * count) + by, 0), count - 1) + 0.5) / count;
    const { x, y } = this.#at ?? { x: 0.5, y: 0.5 };
    this.#at = { x: held(x, cells.columns, columns), y: held(y, cells.rows, rows) };
    this.refresh();
    this.#host.say([...this.#tip.children].map((each) => each.textContent).join(", "));
  }

  /** What is pointed at may be another cell by now, or show something else. */
  refresh() {
    const cells = this.#host.cells();
    if (this.#at === null || cells === null) return;
    const column = Math.min(Math.floor(this.#at.x * cells.columns), cells.columns - 1);
    const row = Math.min(Math.floor(this.#at.y * cells.rows), cells.rows - 1);
    const lines = this.#host.words(column, row);
    lines.forEach((line, i) => text(this.#tip.children[i], line));
    const { width, height } = this.#map.getBoundingClientRect();
    const [wide, high] = [Math.max(width / cells.columns, LEAST_MARK), Math.max(height / cells.rows, LEAST_MARK)];
    const x = ((column + 0.5) / cells.columns) * width;
    const y = ((row + 0.5) / cells.rows) * height;
    Object.assign(this.#mark.style, {
      width: `${wide}px`, height: `${high}px`, transform: `translate(${x - wide / 2}px, ${y - high / 2}px)`,
    });
    this.#mark.hidden = this.#tip.hidden = false;
    const [tipWide, tipHigh] = [this.#tip.offsetWidth, this.#tip.offsetHeight];
    const left = Math.min(Math.max(x - tipWide / 2, 6), Math.max(width - tipWide - 6, 6));
    const above = y - high / 2 - tipHigh - 10;
    const top = above > 6 ? above : Math.min(y + high / 2 + 10, height - tipHigh - 6);
    this.#tip.style.transform = `translate(${left}px, ${top}px)`;
  }

  /** @param {PointerEvent} event */
  #point(event) {
    const at = this.#shares(event);
    if (this.#drag !== null) {
      this.#showBand(this.#drag.y, at.y);
      return;
    }
    if (event.timeStamp - this.#moved < EVERY_MS) return;
    this.#moved = event.timeStamp;
    this.#at = at;
    this.refresh();
  }

  /** @param {PointerEvent} event */
  #press(event) {
    if (event.button !== 0) return;
    const at = this.#shares(event);
    if (event.pointerType === "touch") {
      this.#at = at;
      this.refresh();
      return;
    }
    this.#map.setPointerCapture(event.pointerId);
    this.#drag = { id: event.pointerId, y: at.y };
  }

  /** @param {PointerEvent} event */
  #release(event) {
    if (this.#drag === null) return;
    const [from, to] = [this.#drag.y, this.#shares(event).y];
    this.#letGo();
    const { height } = this.#map.getBoundingClientRect();
    if (Math.abs(to - from) * height < DRAG) return;
    this.hide();
    this.#host.chosen(Math.min(from, to), Math.max(from, to));
  }

  #letGo() {
    if (this.#drag !== null && this.#map.hasPointerCapture(this.#drag.id)) this.#map.releasePointerCapture(this.#drag.id);
    this.#drag = null;
    this.#band.hidden = true;
  }

  /** @param {number} from @param {number} to */
  #showBand(from, to) {
    const { height } = this.#map.getBoundingClientRect();
    this.#band.hidden = Math.abs(to - from) * height < DRAG;
    if (this.#band.hidden) return;
    this.#mark.hidden = this.#tip.hidden = true;
    Object.assign(this.#band.style, { top: `${100 * Math.min(from, to)}%`, height: `${100 * Math.abs(to - from)}%` });
  }

  /** @param {PointerEvent} event */
  #shares(event) {
    const { left, top, width, height } = this.#map.getBoundingClientRect();
    const share = (/** @type {number} */ offset, /** @type {number} */ whole) => Math.min(Math.max(offset / whole, 0), 1);
    return { x: share(event.clientX - left, width), y: share(event.clientY - top, height) };
  }
}
