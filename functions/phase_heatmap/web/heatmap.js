// <adaptive-heatmap stream="kuramoto">: a stream as rows × time, drawn as finely as the display keeps up with.
//
// Attributes: `stream`; `renderer`: auto, webgl or canvas; `seconds` from edge to edge; `base`, the address that ends in
// /phase/. What it does is told in its data-… attributes, a few times a second, and by events: `phase-handshake` with
// the server's answer.

import { wheel } from "./colours.js";
import { caption, cellWords, count, summary } from "./caption.js";
import { Controller } from "./controller.js";
import { FrameWindow } from "./frames.js";
import { fillColumn, sizesOf } from "./grid.js";
import { OrderLine } from "./order.js";
import { Playout } from "./playout.js";
import { CanvasRenderer } from "./renderer-canvas.js";
import { NoWebglError, WebglRenderer } from "./renderer-webgl.js";
import { Stream, randomId } from "./stream.js";

const SECONDS = 30;
const [LEAST_SECONDS, MOST_SECONDS] = [5, 600];
const MOST_BYTES = 64 << 20; // of phases that are kept
const TELL_EVERY_MS = 250;
const COST_EVERY_MS = 60; // waiting for a drawing to be done costs something, too

const KEYS = ["colour is the angle: light at 0, dark at half a turn", "grey: no common phase", "hatched: no data"];
const STATES = {
  connecting: ["", "Connecting"],
  live: ["good", "Live"],
  silent: ["warn", "No new frames"],
  offline: ["warn", "Offline, trying again"],
  absent: ["warn", "No such stream"],
  refused: ["bad", "Frozen"],
  hidden: ["", "Paused"],
};

/** @typedef {WebglRenderer | CanvasRenderer} Renderer */

export class AdaptiveHeatmap extends HTMLElement {
  /** @type {FrameWindow | null} */
  #frames = null;
  /** @type {Record<string, any>} */
  #rows = {};
  #epoch = -1;
  #dtUs = 0;
  #span = 1; // frames from edge to edge
  /** @type {Renderer | null} */
  #renderer = null;
  #why = ""; // this renderer
  /** @type {import("./grid.js").Size[]} */
  #sizes = [];
  #controller = new Controller([1]);
  #playout = new Playout();
  #device = { width: 0, height: 0 };
  #drawn = { seq: -1, column: -1, revision: -1 };
  #revision = 0; // of what has come
  #stale = new Set(); // columns that have to be filled again
  #lastTick = 0;
  #toldAt = -Infinity;
  #costAt = -Infinity;
  #cells = new Uint8Array(0);
  /** @type {import("./stream.js").State} */
  #state = "connecting";
  #detail = "";
  /** @type {Stream | null} */
  #stream = null;
  #parts = /** @type {Record<string, HTMLElement>} */ ({});
  /** @type {OrderLine | null} */
  #line = null;
  /** @type {ResizeObserver | null} */
  #resizing = null;
  #frame = 0;
  #leaving = new AbortController();
  #still = matchMedia("(prefers-reduced-motion: reduce)");

  connectedCallback() {
    this.#leaving = new AbortController();
    this.#build();
    this.#choose();
    this.#listen();
    this.#follow();
    this.#frame = requestAnimationFrame(this.#tick);
  }

  disconnectedCallback() {
    cancelAnimationFrame(this.#frame);
    this.#leaving.abort();
    this.#resizing?.disconnect();
    this.#stream?.end();
    this.#renderer?.dispose();
    this.#renderer = null;
  }

  get seconds() {
    const given = Number(this.getAttribute("seconds") || SECONDS);
    return Number.isFinite(given) ? Math.min(Math.max(given, LEAST_SECONDS), MOST_SECONDS) : SECONDS;
  }

  /** The time of the picture, such as 14:02; empty if there is none. */
  get shownTime() {
    const time = this.#frames?.timeAt(this.#drawn.seq) ?? null;
    return time === null ? "" : timeOf(time).slice(0, 5);
  }

  /** The picture itself, one pixel for each cell. */
  get canvas() {
    return /** @type {HTMLCanvasElement} */ (this.#parts.cells);
  }

  /** Draw once more what is shown: a canvas of WebGL can be read only where it was drawn, in the same task. */
  redraw() {
    if (this.#renderer !== null && this.#drawn.column >= 0) this.#renderer.draw(this.#first());
    this.#tell();
  }

  // ------------------------------------------------------------------------------------------------ parts

  #build() {
    const part = (/** @type {string} */ name, /** @type {string} */ tag = "div") => {
      const made = document.createElement(tag);
      made.className = `heat-${name}`;
      this.#parts[name] = made;
      return made;
    };
    const head = part("head", "header");
    head.append(part("title", "h1"), part("state", "span"));
    this.#parts.state.setAttribute("role", "status");
    const order = part("order");
    const words = part("words");
    words.append(part("r", "b"), part("means", "span"));
    order.append(words, part("line", "canvas"));
    const map = part("map");
    map.append(part("cells", "canvas"), part("empty", "p"));
    const axis = part("axis");
    axis.append(...Array.from({ length: 4 }, () => document.createElement("span")));
    const figure = part("figure", "figure");
    const note = part("note", "figcaption");
    const legend = part("legend");
    const disc = part("wheel");
    disc.style.background = wheel();
    disc.setAttribute("role", "img");
    disc.setAttribute("aria-label", "Colours: light at 0, orange at a quarter of a turn, dark at half, blue at three");
    const keys = document.createElement("ul");
    keys.className = "heat-keys";
    for (const words of KEYS) {
      const key = document.createElement("li");
      key.textContent = words;
      keys.append(key);
    }
    legend.append(disc, keys);
    const foot = part("foot");
    foot.append(part("caption", "p"), part("by", "p"));
    note.append(foot, legend);
    figure.append(order, map, axis, note);
    this.#parts.map.setAttribute("role", "img");
    this.replaceChildren(head, figure);
    this.#line = new OrderLine(/** @type {HTMLCanvasElement} */ (this.#parts.line));
  }

  /** Which renderer: the one that is asked for, else WebGL2 where there is any. */
  #choose() {
    const wanted = this.getAttribute("renderer") ?? "auto";
    if (wanted !== "canvas") {
      try {
        this.#renderer = new WebglRenderer(this.canvas);
        this.#why = wanted === "webgl" ? "asked for" : "";
      } catch (error) {
        if (!(error instanceof NoWebglError)) throw error;
        this.#why = error.message;
        // A canvas that has given one kind of context gives no other.
        const fresh = /** @type {HTMLCanvasElement} */ (this.canvas.cloneNode());
        this.canvas.replaceWith(fresh);
        this.#parts.cells = fresh;
      }
    } else {
      this.#why = "asked for";
    }
    this.#renderer ??= new CanvasRenderer(this.canvas);
    this.dataset.renderer = this.#renderer.kind;
    const { signal } = this.#leaving;
    this.canvas.addEventListener("webglcontextlost", (event) => event.preventDefault(), { signal });
    this.canvas.addEventListener("webglcontextrestored", () => {
      this.#renderer?.prepare();
      this.#remake();
    }, { signal });
  }

  #listen() {
    const { signal } = this.#leaving;
    this.#resizing = new ResizeObserver((entries) => {
      for (const entry of entries) {
        const box = entry.devicePixelContentBoxSize?.[0];
        const scale = window.devicePixelRatio || 1;
        const width = Math.round(box?.inlineSize ?? entry.contentRect.width * scale);
        const height = Math.round(box?.blockSize ?? entry.contentRect.height * scale);
        if (entry.target === this.#parts.line) {
          this.#line?.resize(width, height);
        } else if (width !== this.#device.width || height !== this.#device.height) {
          this.#device = { width, height };
          this.#measure();
        }
        this.#drawn.seq = -1;
      }
    });
    for (const each of [this.#parts.map, this.#parts.line]) {
      try {
        this.#resizing.observe(each, { box: "device-pixel-content-box" });
      } catch {
        this.#resizing.observe(each); // Safari has no such box
      }
    }
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.#stream?.hide();
      else if (this.#state === "refused") this.#follow(); // the server may be another one by now
      else this.#stream?.show();
      this.#controller.pause();
    }, { signal });
    window.addEventListener("online", () => this.#stream?.wake(), { signal });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => (this.#drawn.seq = -1), { signal });
  }

  #follow() {
    const base = this.getAttribute("base") ?? new URL("../../", import.meta.url).href;
    const build = new URL(import.meta.url).pathname.split("/").at(-2) ?? "";
    this.#stream = new Stream(
      { base, stream: this.getAttribute("stream") ?? "", build, id: randomId() },
      { fetch: (url, init) => fetch(url, init), wait, now: () => Date.now(), random: Math.random },
      {
        state: (state, detail) => {
          [this.#state, this.#detail] = [state, detail];
          this.#tell();
        },
        handshake: (detail) => this.dispatchEvent(new CustomEvent("phase-handshake", { detail, bubbles: true })),
        rows: (document) => (this.#rows = document),
        frames: (message) => this.#take(message),
        columns: (columns) => {
          this.#frames?.putOrder(columns.first_seq, columns.r);
          this.#revision += 1;
        },
      },
    );
    if (document.hidden) this.#stream.hide();
    void this.#stream.run();
  }

  // ------------------------------------------------------------------------------------------------ frames

  /** @param {import("./stream.js").Message} message */
  #take({ header, frames }) {
    if (frames === null) return;
    if (header.epoch !== this.#epoch || header.nRows !== this.#frames?.rows) this.#begin(header);
    const window = /** @type {FrameWindow} */ (this.#frames);
    const first = header.seq - header.nFrames + 1;
    for (let t = 0; t < header.nFrames; t++) {
      window.put(first + t, header.t0Us + t * header.dtUs, frames, t, header.bits);
    }
    this.#revision += 1;
    const size = this.#sizes[this.#controller.step];
    if (size === undefined || this.#drawn.column < 0) return;
    // Columns that are drawn already, such as those of the past that is fetched after the first frames.
    const end = Math.min(Math.floor(header.seq / size.framesPerColumn), this.#drawn.column);
    for (let column = Math.floor(first / size.framesPerColumn); column <= end; column++) this.#stale.add(column);
  }

  /** Another set of rows: nothing of the last one goes on. @param {import("./decode.js").Header} header */
  #begin(header) {
    this.#epoch = header.epoch;
    this.#dtUs = header.dtUs || 1e6;
    const wanted = Math.ceil((this.seconds * 1e6) / this.#dtUs);
    // Some more than are shown: the newest wait for their turn.
    const reserve = Math.ceil(6e6 / this.#dtUs);
    this.#span = Math.max(1, Math.min(wanted, Math.floor(MOST_BYTES / header.nRows) - reserve));
    this.#frames = new FrameWindow(header.nRows, this.#span + reserve);
    this.#playout.reset();
    this.#measure();
  }

  /** The sizes that cells may have: anew when the picture or the rows have changed. */
  #measure() {
    const { width, height } = this.#device;
    if (this.#frames === null || this.#renderer === null || width === 0 || height === 0) return;
    const most = this.#renderer.most;
    this.#sizes = sizesOf({ width, height, rows: this.#frames.rows, frames: this.#span, most });
    this.#controller.resize(this.#sizes.map((each) => each.cells));
    this.#remake();
  }

  /** All cells anew, in the size that the controller has chosen. */
  #remake() {
    const size = this.#sizes[this.#controller.step];
    if (size === undefined) return;
    this.#renderer?.resize(size.columns, size.rows);
    this.#cells = new Uint8Array(2 * size.rows);
    this.#drawn = { seq: -1, column: -1, revision: -1 };
    this.#stale.clear();
    // At once, lest an empty picture be seen; what it costs says nothing about the next ones.
    if (this.#frames !== null) this.#draw(this.#frames, this.#playout.seq, NaN);
  }

  // ------------------------------------------------------------------------------------------------ drawing

  #tick = (/** @type {number} */ now) => {
    this.#frame = requestAnimationFrame(this.#tick);
    const elapsed = Math.min(now - this.#lastTick, 1000);
    this.#lastTick = now;
    const frames = this.#frames;
    if (frames === null || this.#sizes.length === 0) return;
    const { due, changed } = this.#controller.tick(now);
    if (changed) this.#remake();
    if (this.#state !== "refused") {
      this.#playout.advance(elapsed, frames.newest, this.#dtUs, !this.#still.matches);
    }
    const seq = this.#playout.seq;
    if (due && (seq !== this.#drawn.seq || this.#revision !== this.#drawn.revision)) this.#draw(frames, seq, now);
    if (now - this.#toldAt >= TELL_EVERY_MS) {
      this.#toldAt = now;
      this.#tell();
    }
  };

  /** @param {FrameWindow} frames @param {number} seq @param {number} now NaN where the cost is not to be counted */
  #draw(frames, seq, now) {
    const renderer = this.#renderer;
    const size = this.#sizes[this.#controller.step];
    if (renderer === null || seq < 0) return;
    const began = performance.now();
    const column = Math.floor(seq / size.framesPerColumn);
    const leftmost = column - size.columns + 1;
    // The newest column as far as it has come, and each that is new or has changed.
    const goesOn = this.#drawn.column >= 0 && this.#drawn.column <= column;
    const from = goesOn ? Math.max(leftmost, this.#drawn.column) : leftmost;
    for (let each = from; each <= column; each++) this.#fill(renderer, frames, size, each, seq);
    for (const each of this.#stale) {
      if (each >= leftmost && each < from) this.#fill(renderer, frames, size, each, seq);
    }
    this.#stale.clear();
    this.#drawn = { seq, column, revision: this.#revision };
    renderer.draw(this.#first());
    this.#line?.draw(frames, leftmost * size.framesPerColumn, seq, size.columns * size.framesPerColumn);
    if (!(now - this.#costAt >= COST_EVERY_MS)) return;
    this.#costAt = now;
    const controller = this.#controller;
    renderer.whenDone(() => {
      const done = performance.now();
      if (this.#sizes[controller.step] === size) controller.spent(done, done - began, size.cells);
    });
  }

  /**
   * @param {Renderer} renderer
   * @param {FrameWindow} frames
   * @param {import("./grid.js").Size} size
   * @param {number} column
   * @param {number} seq the newest frame to show
   */
  #fill(renderer, frames, size, column, seq) {
    if (column < 0) this.#cells.fill(0);
    else fillColumn(frames, size, column, seq, this.#cells);
    renderer.put(slotOf(column, size.columns), this.#cells);
  }

  #first() {
    const { columns } = this.#sizes[this.#controller.step];
    return slotOf(this.#drawn.column + 1, columns);
  }

  // ------------------------------------------------------------------------------------------------ words

  /** A few times a second, never for each frame. */
  #tell() {
    const parts = this.#parts;
    const [looks, words] = STATES[this.#state];
    const name = this.getAttribute("stream") ?? "";
    text(parts.state, words);
    parts.state.className = `heat-state state ${looks}`;
    parts.state.title = this.#detail;
    this.dataset.state = this.#state;
    parts.map.classList.toggle("frozen", this.#state === "refused");
    const frames = this.#frames;
    const size = this.#sizes[this.#controller.step];
    text(parts.title, this.#rows.total ? `Phases of ${count(this.#rows.total)} oscillators` : `Phases of ${name}`);
    parts.empty.hidden = frames !== null;
    text(parts.empty, this.#state === "connecting" ? "Waiting for the first frames" : this.#detail || words);
    if (frames === null || size === undefined) return;
    const { width, height } = this.#device;
    const { seq } = this.#drawn;
    const order = frames.orderAt(seq);
    const { reason } = this.#controller;
    text(parts.r, Number.isNaN(order) ? "r –" : `r ${order.toFixed(2)}`);
    text(parts.means, "order parameter of all oscillators");
    text(parts.caption, `${caption({ rows: this.#rows, size, width, height, reason })}.`);
    const by = this.#renderer?.kind === "webgl2" ? "WebGL2" : "Canvas2D";
    text(parts.by, `Drawn by ${by}${this.#why ? `, ${this.#why}` : ""}. Stream ${name}, epoch ${this.#epoch}.`);
    parts.map.setAttribute("aria-label", summary({ stream: name, order, seconds: (this.#span * this.#dtUs) / 1e6 }));
    this.#axis(frames, size);
    Object.assign(this.dataset, {
      epoch: String(this.#epoch),
      seq: String(seq),
      newest: String(frames.newest),
      oldest: String(frames.oldest),
      columns: String(size.columns),
      rows: String(size.rows),
      cell: String(size.cell),
      resolution: size.resolution.toFixed(2),
      cells: cellWords(size, width, height),
      reason,
    });
  }

  /** @param {FrameWindow} frames @param {import("./grid.js").Size} size */
  #axis(frames, size) {
    const spans = [...this.#parts.axis.children];
    const seconds = (size.columns * size.framesPerColumn * this.#dtUs) / 1e6;
    spans.forEach((each, i) => {
      const ago = seconds * (1 - i / (spans.length - 1));
      const words = ago ? `${Number(ago.toFixed(1))} s` : timeOf(frames.timeAt(this.#drawn.seq));
      text(/** @type {HTMLElement} */ (each), words);
    });
  }
}

/** The time of the day here, such as 14:02:07. @param {number | null} us @returns {string} */
function timeOf(us) {
  if (us === null) return "now";
  const at = new Date(us / 1000);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((each) => String(each).padStart(2, "0")).join(":");
}

/** @param {HTMLElement} part @param {string} words */
function text(part, words) {
  if (part.textContent !== words) part.textContent = words;
}

/** @param {number} column @param {number} columns */
function slotOf(column, columns) {
  return ((column % columns) + columns) % columns;
}

/** @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
function wait(ms, signal) {
  return new Promise((resolve) => {
    const timer = Number.isFinite(ms) ? setTimeout(resolve, ms) : 0;
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}

customElements.define("adaptive-heatmap", AdaptiveHeatmap);
