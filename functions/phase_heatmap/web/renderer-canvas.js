// The cells without WebGL: the same ring of columns, the same colours, by Canvas2D.

import { table } from "./colours.js";
import { fadeOf } from "./grid.js";

const COLOURS = new Uint32Array(table().buffer);
/** The colour of each cell that there can be, by its two bytes as one number; nothing where there is no data. */
const BY_CELL = Uint32Array.from({ length: 1 << 16 }, (_, cell) =>
  cell >> 8 === 0 ? 0 : COLOURS[256 * fadeOf(cell >> 8) + (cell & 255)]);

export class CanvasRenderer {
  kind = "canvas2d";
  name = "Canvas2D";
  most = 8192; // a side that every browser has
  #context;
  #ring = document.createElement("canvas");
  /** @type {CanvasRenderingContext2D} */
  #ringContext;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.#context = contextOf(canvas);
    this.#ringContext = contextOf(this.#ring);
  }

  prepare() {}

  /** A picture of this many cells, all of them gaps. @param {number} columns @param {number} rows */
  resize(columns, rows) {
    for (const each of [this.canvas, this.#ring]) [each.width, each.height] = [columns, rows];
  }

  /** Successive columns of the ring, from a slot on. @param {number} slot @param {Uint8Array} cells */
  put(slot, cells) {
    const rows = this.#ring.height;
    const count = cells.length / (2 * rows);
    const image = this.#ringContext.createImageData(count, rows);
    const pixels = new Uint32Array(image.data.buffer);
    for (let row = 0, to = 0; row < rows; row++) {
      for (let column = 0, at = 2 * row; column < count; column++, at += 2 * rows) {
        pixels[to++] = BY_CELL[cells[at] | (cells[at + 1] << 8)];
      }
    }
    this.#ringContext.putImageData(image, slot, 0);
  }

  /** @param {number} first the slot that is leftmost */
  draw(first) {
    const { width, height } = this.#ring;
    this.#context.clearRect(0, 0, width, height);
    this.#context.drawImage(this.#ring, first, 0, width - first, height, 0, 0, width - first, height);
    if (first > 0) this.#context.drawImage(this.#ring, 0, 0, first, height, width - first, 0, first, height);
  }

  /** What is drawn here is done when the call returns. @param {() => void} done */
  whenDone(done) {
    done();
    return true;
  }

  dispose() {}
}

/** @param {HTMLCanvasElement} canvas @returns {CanvasRenderingContext2D} */
function contextOf(canvas) {
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("the browser gives no canvas");
  return context;
}
