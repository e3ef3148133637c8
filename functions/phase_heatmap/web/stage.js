// Drawing what is looked at, as finely as the display keeps up with: which renderer, which sizes, and when to draw. What
// stands still is drawn once, as finely as it can be.

import { choose } from "./choose.js";
import { Controller } from "./controller.js";
import { levelsOf, sizesOf } from "./grid.js";
import { OrderLine } from "./order.js";
import { Picture } from "./picture.js";
import { CanvasRenderer } from "./renderer-canvas.js";
import { rowsIn } from "./scene.js";

/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {import("./live.js").Live} Live */
/** @typedef {import("./grid.js").Size} Size */
/** @typedef {{map: HTMLElement, line: HTMLElement}} Places */

const COST_EVERY_MS = 60; // waiting for a drawing to be done costs something, too
const IDLE_MS = 2000; // without anything new, the picture is drawn as finely as it can be
const LOST_MS = 3000; // for a context of WebGL to come back
const STILL = "the picture stands still";

export class Stage {
  /** @type {Scene | null} */
  scene = null;
  /** @type {HTMLCanvasElement | null} */
  canvas = null;
  device = { width: 0, height: 0 };
  by = ""; // who draws, and why
  #places;
  #live;
  #wanted;
  #signal;
  #picture = new Picture();
  #controller = new Controller([1]);
  #line;
  /** @type {Size[]} */
  #sizes = [];
  /** @type {[number, number] | null} */
  #rows = null;
  #idle = { since: 0, fine: false };
  #revision = -1; // of what is drawn
  #choosing = false;
  #costAt = -Infinity;

  /**
   * @param {Places} places
   * @param {Live} live
   * @param {import("./view.js").Wanted} wanted
   * @param {AbortSignal} signal when all is over
   */
  constructor(places, live, wanted, signal) {
    this.#places = places;
    this.#live = live;
    this.#wanted = wanted;
    this.#signal = signal;
    this.#line = new OrderLine(/** @type {HTMLCanvasElement} */ (places.line));
    this.#observe();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#line.restyle();
      this.#drawLine();
    }, { signal });
    signal.addEventListener("abort", () => this.#picture.renderer?.dispose());
  }

  /** The size that is drawn; null before the first drawing. */
  get size() {
    return this.#picture.size;
  }

  /** The frame at the right edge; -1 before the first drawing. */
  get seq() {
    return this.#picture.seq;
  }

  /** The frame at the left edge. */
  get first() {
    return this.#picture.first;
  }

  /** Of the frames, one in so many is drawn. */
  get every() {
    return this.#still ? 1 : this.#controller.every;
  }

  /** Why cells are as large as they are. */
  get reason() {
    return this.#still ? STILL : this.#controller.reason;
  }

  get #still() {
    return this.#idle.fine || this.scene?.seq !== null;
  }

  /** @param {Scene | null} scene @param {[number, number] | null} rows counted from 1; null for all */
  show(scene, rows) {
    [this.scene, this.#rows] = [scene, rows];
    this.measure();
  }

  /** What comes next says nothing about drawing. */
  pause() {
    this.#controller.pause();
  }

  /** Frames of the living stream have come. @param {number} first @param {number} last */
  came(first, last) {
    if (this.scene?.seq === null) this.#picture.came(first, last);
  }

  redraw() {
    this.#picture.redraw();
  }

  /** A frame of the display. @param {number} now */
  tick(now) {
    if (this.scene?.seq !== null || this.#sizes.length === 0) {
      this.#controller.watch(now);
      return;
    }
    const { due, changed } = this.#controller.tick(now);
    const { seq, revision } = this.#live;
    const news = seq !== this.#picture.seq || revision !== this.#revision;
    const wasFine = this.#idle.fine;
    if (news) this.#idle.since = now;
    this.#idle.fine = now - this.#idle.since > IDLE_MS;
    if (changed || this.#idle.fine !== wasFine) this.#remake();
    else if (due && news) this.#draw(seq, now);
  }

  /** The sizes that cells may have: anew when the picture or the rows have changed. */
  measure() {
    const { width, height } = this.device;
    const { scene } = this;
    if (scene === null || width === 0 || height === 0) return;
    const { rows } = scene.frames;
    const [firstRow, endRow] = rowsIn(this.#rows, rows);
    const { renderer } = this.#picture;
    const view = { width, height, rows, firstRow, endRow, frames: scene.span, most: renderer?.most ?? Infinity };
    const sizes = sizesOf(view);
    if (renderer === null) {
      void this.#choose(sizes[0]);
    } else if (scene.seq !== null) {
      this.#sizes = sizes.slice(0, 1);
      this.#remake();
    } else {
      const levels = levelsOf(view, sizes[sizes.length - 1]);
      this.#sizes = [...sizes, ...levels];
      this.#controller.resize(this.#sizes.map((each) => each.cells), levels.length);
      this.#remake();
    }
  }

  #observe() {
    const resizing = new ResizeObserver((entries) => {
      for (const entry of entries) {
        const [width, height] = pixelsOf(entry);
        if (entry.target === this.#places.line) {
          this.#line.resize(width, height);
          this.#drawLine();
        } else if (width !== this.device.width || height !== this.device.height) {
          this.device = { width, height };
          this.measure();
        }
      }
    });
    for (const each of [this.#places.map, this.#places.line]) {
      try {
        resizing.observe(each, { box: "device-pixel-content-box" });
      } catch {
        resizing.observe(each); // Safari has no such box
      }
    }
    this.#signal.addEventListener("abort", () => resizing.disconnect());
  }

  /** @param {Size} size */
  async #choose(size) {
    if (this.#choosing) return;
    this.#choosing = true;
    const { renderer, why } = await choose(this.#wanted, size);
    this.#choosing = false;
    if (this.#signal.aborted) renderer.dispose();
    else this.#use(renderer, why);
  }

  /** @param {import("./picture.js").Renderer} renderer @param {string} why */
  #use(renderer, why) {
    this.#picture.renderer = renderer;
    this.by = [renderer.kind === "webgl2" ? "WebGL2" : "Canvas2D", why].filter(Boolean).join(", ");
    const { canvas } = renderer;
    canvas.className = "heat-cells";
    canvas.dataset.renderer = renderer.kind;
    this.canvas?.remove();
    this.canvas = canvas;
    this.#places.map.prepend(canvas);
    let lost = 0;
    canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault(); // else it would never come back
      lost = setTimeout(() => {
        if (this.#signal.aborted || canvas !== this.canvas) return;
        this.#use(new CanvasRenderer(document.createElement("canvas")), "the context of WebGL2 was lost");
      }, LOST_MS);
    });
    canvas.addEventListener("webglcontextrestored", () => {
      clearTimeout(lost);
      renderer.prepare();
      this.#remake();
    });
    this.measure();
  }

  /** All cells anew. */
  #remake() {
    const { scene } = this;
    const size = this.#sizes[this.#still ? 0 : this.#controller.step];
    if (scene === null || size === undefined) return;
    // At once, lest an empty picture be seen; what it costs says nothing about the next ones.
    this.#picture.show(scene.frames, size, scene.seq ?? this.#live.seq);
    this.#revision = this.#live.revision;
    this.#drawLine();
  }

  /** @param {number} seq @param {number} now */
  #draw(seq, now) {
    const began = performance.now();
    this.#picture.advance(seq);
    this.#revision = this.#live.revision;
    this.#drawLine();
    if (now - this.#costAt < COST_EVERY_MS) return;
    this.#costAt = now;
    const { size } = this.#picture;
    this.#picture.renderer?.whenDone(() => {
      const done = performance.now();
      if (size !== null && size === this.#picture.size) this.#controller.spent(done, done - began, size.cells);
    });
  }

  #drawLine() {
    const { size, seq, first } = this.#picture;
    if (this.scene === null || size === null || seq < 0) return;
    this.#line.draw(this.scene.frames, first, seq, size.columns * size.framesPerColumn);
  }
}

/** Width and height in pixels of the screen. @param {ResizeObserverEntry} entry @returns {[number, number]} */
function pixelsOf({ contentRect, devicePixelContentBoxSize }) {
  const scale = window.devicePixelRatio || 1;
  const [width, height] = [contentRect.width * scale, contentRect.height * scale];
  const box = devicePixelContentBoxSize?.[0];
  // The box is exact where pixels of the page are no whole ones of the screen. A display that is only emulated has another.
  const exact = box !== undefined && Math.abs(box.inlineSize - width) < 2 && Math.abs(box.blockSize - height) < 2;
  return exact ? [box.inlineSize, box.blockSize] : [Math.round(width), Math.round(height)];
}
