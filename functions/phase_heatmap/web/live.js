// The living stream as it came, and which of its frames is shown. Pure.

import { FrameWindow } from "./frames.js";
import { Playout } from "./playout.js";

/** @typedef {import("./scene.js").Scene} Scene */

const MOST_BYTES = 64 << 20; // of phases that are kept
const RESERVE_US = 6e6; // more than are shown: the newest wait for their turn

export class Live {
  /** @type {FrameWindow | null} */
  frames = null;
  /** @type {Record<string, any>} the epoch's CONFIG document */
  rows = {};
  epoch = -1;
  dtUs = 0;
  span = 1; // frames from edge to edge
  revision = 0; // of what has come
  #seconds;
  #playout = new Playout();

  /** @param {number} seconds from edge to edge */
  constructor(seconds) {
    this.#seconds = seconds;
  }

  /** The frame that is shown; -1 before the first. */
  get seq() {
    return this.#playout.seq;
  }

  /**
   * Whether the message began another set of rows; and the first and the last frame that are missing before its own and
   * would be seen, if any are.
   *
   * @param {import("./decode.js").Message} message
   * @returns {{begins: boolean, gap: [number, number] | null}}
   */
  take({ header, frames }) {
    if (frames === null) return { begins: false, gap: null };
    const begins = header.epoch !== this.epoch || header.nRows !== this.frames?.rows;
    if (begins) this.#begin(header);
    const window = /** @type {FrameWindow} */ (this.frames);
    const first = header.seq - header.nFrames + 1;
    const missed = Math.max(window.newest + 1, header.seq - this.span + 1, 0);
    for (let t = 0; t < header.nFrames; t++) {
      window.put(first + t, header.t0Us + t * header.dtUs, frames, t, header.bits);
    }
    this.revision += 1;
    return { begins, gap: missed < first ? [missed, first - 1] : null };
  }

  /** @param {Record<string, any>} columns */
  takeColumns(columns) {
    this.frames?.putOrder(columns.first_seq, columns.r);
    this.revision += 1;
  }

  /** @param {number} elapsedMs @param {boolean} steady */
  advance(elapsedMs, steady) {
    if (this.frames !== null) this.#playout.advance(elapsedMs, this.frames.newest, this.dtUs, steady);
  }

  /** What there is to draw; null before the first frame. @returns {Scene | null} */
  get scene() {
    if (this.frames === null) return null;
    const { frames, span, epoch, rows } = this;
    return { frames, seq: null, span, stepUs: this.dtUs, level: 0, epoch, rows, endUs: 0 };
  }

  /** The picture of this moment, to be kept while the stream goes on. @returns {Scene | null} */
  held() {
    const { scene, seq } = this;
    if (scene === null || seq < 0) return null;
    return { ...scene, frames: scene.frames.copy(), seq };
  }

  /** Another set of rows: nothing of the last one goes on. @param {import("./decode.js").Header} header */
  #begin(header) {
    this.epoch = header.epoch;
    this.dtUs = header.dtUs || 1e6;
    const wanted = Math.ceil((this.#seconds * 1e6) / this.dtUs);
    const reserve = Math.ceil(RESERVE_US / this.dtUs);
    this.span = Math.max(1, Math.min(wanted, Math.floor(MOST_BYTES / header.nRows) - reserve));
    this.frames = new FrameWindow(header.nRows, this.span + reserve);
    this.#playout.reset();
  }
}
