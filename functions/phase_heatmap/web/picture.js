// The cells of one scene in one size, by one renderer: a ring of columns, of which those that are new or have changed are
// filled. No state of the page, and nothing of the document but the renderer's canvas.

import { fillColumn } from "./grid.js";

/** @typedef {import("./renderer-webgl.js").WebglRenderer | import("./renderer-canvas.js").CanvasRenderer} Renderer */
/** @typedef {import("./frames.js").FrameWindow} FrameWindow */
/** @typedef {import("./grid.js").Size} Size */

export class Picture {
  /** @type {Renderer | null} */
  renderer = null;
  /** @type {FrameWindow | null} */
  #frames = null;
  /** @type {Size | null} */
  #size = null;
  #cells = new Uint8Array(0);
  #stale = new Set(); // columns that have to be filled again
  seq = -1; // the frame at the right edge; -1 while nothing is drawn
  #column = -1;

  get size() {
    return this.#size;
  }

  /** All cells anew. @param {FrameWindow} frames @param {Size} size @param {number} seq */
  show(frames, size, seq) {
    [this.#frames, this.#size] = [frames, size];
    this.renderer?.resize(size.columns, size.rows);
    this.#cells = new Uint8Array(2 * size.rows);
    this.#stale.clear();
    [this.seq, this.#column] = [-1, -1];
    this.advance(seq);
  }

  /** Frames have come; those of them that are drawn already are drawn again. @param {number} first @param {number} last */
  came(first, last) {
    if (this.#size === null || this.#column < 0) return;
    const each = this.#size.framesPerColumn;
    const end = Math.min(Math.floor(last / each), this.#column);
    for (let column = Math.floor(first / each); column <= end; column++) this.#stale.add(column);
  }

  /** Draw up to a frame. @param {number} seq */
  advance(seq) {
    const { renderer } = this;
    const size = this.#size;
    if (renderer === null || size === null || seq < 0) return;
    const column = Math.floor(seq / size.framesPerColumn);
    const leftmost = column - size.columns + 1;
    // The newest column as far as it has come, and each that is new or has changed.
    const goesOn = this.#column >= 0 && this.#column <= column;
    const from = goesOn ? Math.max(leftmost, this.#column) : leftmost;
    this.#fill(renderer, size, from, column, seq);
    for (const each of this.#stale) {
      if (each >= leftmost && each < from) this.#fill(renderer, size, each, each, seq);
    }
    this.#stale.clear();
    [this.seq, this.#column] = [seq, column];
    this.redraw();
  }

  /** What is filled, once more: a canvas of WebGL can be read only where it was drawn, in the same task. */
  redraw() {
    if (this.#size !== null && this.#column >= 0) this.renderer?.draw(slotOf(this.#column + 1, this.#size.columns));
  }

  /** The frame at the left edge. */
  get first() {
    return this.#size === null ? 0 : (this.#column - this.#size.columns + 1) * this.#size.framesPerColumn;
  }

  /**
   * Successive columns, handed to the renderer in one piece, or two where the ring wraps.
   *
   * @param {Renderer} renderer
   * @param {Size} size
   * @param {number} first
   * @param {number} last
   * @param {number} seq the newest frame to show
   */
  #fill(renderer, size, first, last, seq) {
    const each = 2 * size.rows;
    for (let column = first; column <= last; ) {
      const slot = slotOf(column, size.columns);
      const count = Math.min(last - column + 1, size.columns - slot);
      const cells = count === 1 ? this.#cells : new Uint8Array(each * count);
      for (let i = 0; i < count; i++, column++) {
        const own = cells.subarray(each * i, each * (i + 1));
        if (column < 0 || this.#frames === null) own.fill(0);
        else fillColumn(this.#frames, size, column, seq, own);
      }
      renderer.put(slot, cells);
    }
  }
}

/** @param {number} column @param {number} columns */
function slotOf(column, columns) {
  return ((column % columns) + columns) % columns;
}
