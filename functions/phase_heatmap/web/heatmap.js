// <adaptive-heatmap stream="kuramoto">: a stream as rows × time, drawn as finely as the display keeps up with.
//
// Attributes are those of an address, see `view.js`: `stream`, `seconds`, `renderer`, `rows`, `at`, `last`, `from`, `to`;
// and `base`, the address that ends in /phase/. They are read when the element is put into a document. What it does is
// told in its data-… attributes, a few times a second, and by events: `phase-handshake` with the server's answer,
// `phase-view` with the view when somebody has changed it.

import { clock } from "./clock.js";
import { Cursor } from "./cursor.js";
import { keyFor } from "./keys.js";
import { Live } from "./live.js";
import { build, note, text } from "./parts.js";
import { Past } from "./past.js";
import { Reader } from "./reader.js";
import { read, words } from "./readout.js";
import { Received } from "./received.js";
import { rowsIn, timeIn, zoomed } from "./scene.js";
import { Stage } from "./stage.js";
import { Stream, randomId } from "./stream.js";
import { bytesWords, facts, tell, tellState } from "./telling.js";
import { Tools } from "./tools.js";
import { readView } from "./view.js";
import { Voice } from "./voice.js";

/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {import("./view.js").View} View */

const TELL_EVERY_MS = 250;

/**
 * What there is while the element is in a document.
 *
 * @typedef {object} Works
 * @property {import("./parts.js").Parts} parts
 * @property {Live} live
 * @property {Stage} stage
 * @property {Tools} tools
 * @property {Cursor} cursor
 * @property {Voice} voice
 * @property {Past} past
 * @property {Reader} reader
 * @property {AbortController} leaving
 */

export class AdaptiveHeatmap extends HTMLElement {
  #view = readView(() => null);
  /** @type {Works | null} */
  #works = null;
  /** @type {Stream | null} */
  #stream = null;
  #received = new Received("");
  /** @type {import("./stream.js").State} */
  #state = "connecting";
  #detail = "";
  #trouble = ""; // of reading history
  /** @type {Record<string, any> | null} */
  #audit = null;
  #frame = 0;
  #lastTick = 0;
  #toldAt = -Infinity;
  #still = matchMedia("(prefers-reduced-motion: reduce)");

  connectedCallback() {
    this.#view = readView((name) => this.getAttribute(name));
    const works = this.#made();
    this.#works = works;
    const { signal } = works.leaving;
    document.addEventListener("visibilitychange", () => this.#seen(), { signal });
    window.addEventListener("online", () => this.#stream?.wake(), { signal });
    works.parts.map.addEventListener("keydown", (event) => this.#key(event, works), { signal });
    this.#follow(works);
    if (this.#view.time.kind !== "live") works.reader.start();
    this.#frame = requestAnimationFrame(this.#tick);
  }

  disconnectedCallback() {
    cancelAnimationFrame(this.#frame);
    this.#works?.leaving.abort();
    this.#works?.reader.end();
    this.#works?.voice.end();
    this.#stream?.end();
    this.#received.end();
    this.#works = null;
  }

  /** What is looked at. */
  get view() {
    return this.#view;
  }

  /** The time of the picture, such as 14:02; empty if there is none. */
  get shownTime() {
    const { scene = null, seq = -1 } = this.#works?.stage ?? {};
    return scene === null || seq < 0 ? "" : clock(timeIn(scene, seq)).slice(0, 5);
  }

  /** The picture itself, one pixel for each cell; null before there is one. */
  get canvas() {
    return this.#works?.stage.canvas ?? null;
  }

  /** Where a page may put controls of its own; null while the element is in no document. */
  get tools() {
    return this.#works?.parts.tools ?? null;
  }

  /** Draw once more what is shown: a canvas of WebGL can be read only where it was drawn, in the same task. */
  redraw() {
    this.#works?.stage.redraw();
    this.#tell();
  }

  /** @returns {Works} */
  #made() {
    const leaving = new AbortController();
    const { signal } = leaving;
    const parts = build(this);
    const live = new Live(this.#view.seconds);
    const stage = new Stage(parts, live, this.#view.renderer, signal);
    const past = new Past({ base: this.#base, stream: this.#view.stream }, (url, init) => fetch(url, init));
    const voice = new Voice((said) => text(parts.spoken, said), {
      now: () => performance.now(),
      later: (done, ms) => setTimeout(done, ms),
      cancel: (timer) => clearTimeout(timer),
    });
    const cursor = new Cursor(parts, {
      cells: () => (stage.seq < 0 ? null : stage.size),
      words: (column, row) => {
        const { scene, size, seq } = stage;
        return scene === null || size === null ? ["", "", ""] : words(read(scene, size, seq, column, row), scene);
      },
      say: (said) => voice.answer(said),
      chosen: (top, bottom) => this.#chooseShares(top, bottom),
    }, signal);
    const tools = new Tools(parts.tools, {
      hold: () => this.#hold(),
      time: (time) => this.#look({ time }),
      rows: (rows) => this.#look({ rows }),
    });
    const reader = new Reader({
      view: () => this.#view,
      load: (span, ends) => past.load(span, stage.device.width || window.innerWidth, ends),
      told: (scene, trouble) => {
        this.#trouble = trouble;
        // The living stream knows more of its own epoch's rows than the list of epochs says.
        if (scene !== null && scene.epoch === live.epoch) scene.rows = live.rows;
        if (scene !== null) this.#show(scene);
        this.#tell();
      },
      now: () => Date.now(),
      wait,
      hidden: () => document.hidden,
    });
    return { parts, live, stage, tools, cursor, voice, past, reader, leaving };
  }

  get #base() {
    return this.getAttribute("base") ?? new URL("../../", import.meta.url).href;
  }

  // ------------------------------------------------------------------------------------------------ the stream

  /** @param {Works} works */
  #follow(works) {
    const id = randomId();
    this.#received.end();
    this.#received = new Received(id);
    const counts = this.#received.watch();
    this.#stream = new Stream(
      { base: this.#base, stream: this.#view.stream, build: new URL(import.meta.url).pathname.split("/").at(-2) ?? "", id },
      {
        fetch: (url, init) => fetch(url, init),
        wait,
        now: () => Date.now(),
        random: Math.random,
        received: counts ? () => ({ bytes: this.#received.bytes, responses: this.#received.responses }) : null,
      },
      {
        state: (state, detail) => {
          [this.#state, this.#detail] = [state, detail];
          this.#tell();
        },
        handshake: (detail) => this.dispatchEvent(new CustomEvent("phase-handshake", { detail, bubbles: true })),
        rows: (document) => (works.live.rows = document),
        frames: (message) => this.#take(message, works),
        columns: (columns) => works.live.takeColumns(columns),
        audit: (document) => (this.#audit = document),
      },
    );
    if (document.hidden) this.#stream.hide();
    void this.#stream.run();
  }

  /** @param {import("./stream.js").Message} message @param {Works} works */
  #take(message, { live, stage, past, leaving }) {
    const { begins, gap } = live.take(message);
    if (!begins) stage.came(message.header.seq - message.header.nFrames + 1, message.header.seq);
    else if (this.#view.time.kind === "live") this.#show(live.scene);
    if (gap === null) return;
    void past.fill(live, ...gap, leaving.signal, (first, last) => {
      live.revision += 1;
      stage.came(first, last);
    });
  }

  #seen() {
    if (this.#works === null) return;
    if (document.hidden) this.#stream?.hide();
    else if (this.#state === "refused") this.#follow(this.#works); // the server may be another one by now
    else this.#stream?.show();
    if (!document.hidden) this.#works.reader.seen();
    this.#works.stage.pause();
  }

  // ------------------------------------------------------------------------------------------------ what is looked at

  /** @param {Scene | null} scene */
  #show(scene) {
    this.#works?.stage.show(scene, this.#view.rows);
  }

  /** Hold the picture of this moment, or go on. */
  #hold() {
    if (this.#view.time.kind !== "live") return this.#look({ time: { kind: "live" } });
    const held = this.#works?.live.held() ?? null;
    if (held === null) return;
    this.#look({ time: { kind: "paused", atUs: timeIn(held, held.seq ?? 0) } }, held);
  }

  /** Look at something else. @param {Partial<View>} change @param {Scene | null} [held] the scene, if it is here already */
  #look(change, held = null) {
    if (this.#works === null) return;
    const { reader, stage, live, cursor } = this.#works;
    this.#view = { ...this.#view, ...change };
    cursor.hide();
    if (change.time === undefined) {
      this.#show(stage.scene);
    } else {
      reader.end();
      this.#trouble = "";
      if (held !== null) this.#show(held);
      else if (change.time.kind !== "live") reader.start();
      else {
        this.#show(live.scene);
        stage.pause();
      }
    }
    this.dispatchEvent(new CustomEvent("phase-view", { detail: this.#view, bubbles: true }));
    this.#tell();
  }

  /** Rows between two heights. @param {number} top @param {number} bottom as shares of the whole */
  #chooseShares(top, bottom) {
    const scene = this.#works?.stage.scene ?? null;
    if (scene === null) return;
    const [from, to] = rowsIn(this.#view.rows, scene.frames.rows);
    const first = Math.min(Math.floor(from + top * (to - from)), to - 1);
    this.#look({ rows: [first + 1, Math.max(Math.ceil(from + bottom * (to - from)), first + 1)] });
  }

  /** @param {KeyboardEvent} event @param {Works} works */
  #key(event, { cursor, stage }) {
    const does = keyFor(event);
    if (does === null) return;
    event.preventDefault();
    if (does.kind === "hold") this.#hold();
    else if (does.kind === "move") cursor.move(does.columns, does.rows);
    else if (does.kind === "hide") cursor.hide();
    else if (does.factor === Infinity) this.#look({ rows: null });
    else if (stage.scene !== null) {
      const { rows } = stage.scene.frames;
      const shown = rowsIn(this.#view.rows, rows);
      const around = shown[0] + (cursor.height ?? 0.5) * (shown[1] - shown[0]);
      this.#look({ rows: zoomed(shown, rows, around, does.factor) });
    }
  }

  // ------------------------------------------------------------------------------------------------ as time goes by

  #tick = (/** @type {number} */ now) => {
    this.#frame = requestAnimationFrame(this.#tick);
    const elapsed = Math.min(now - this.#lastTick, 1000);
    this.#lastTick = now;
    if (this.#works === null) return;
    const { live, stage, cursor } = this.#works;
    if (this.#state !== "refused") live.advance(elapsed, !this.#still.matches);
    stage.tick(now);
    if (now - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = now;
    this.#tell();
    cursor.refresh();
  };

  /** In words and attributes: a few times a second, never for each frame. */
  #tell() {
    if (this.#works === null) return;
    const { parts, stage, tools, voice } = this.#works;
    const view = this.#view;
    const state = tellState(parts, view, this.#state, this.#trouble || this.#detail, Date.now() * 1000, stage.scene);
    const over = this.#over(state);
    parts.empty.hidden = over === "";
    text(parts.empty, over);
    // What stands below is of another time than the one that was asked for, or of some while ago.
    this.toggleAttribute("stale", over !== "");
    note(this, { state: this.#state, mode: view.time.kind, received: String(this.#received.bytes) });
    if (this.#audit !== null) note(this, { audited: JSON.stringify(this.#audit) });
    const { scene, size, seq, canvas, device, every, reason, by } = stage;
    if (scene === null || size === null) return;
    note(this, { renderer: canvas?.dataset.renderer ?? "" });
    const shown = { view, scene, size, seq, every, device, reason, by, bytes: bytesWords(this.#received, this.#audit) };
    voice.summary(`${state}. ${tell(parts, shown)}`);
    note(this, facts(shown));
    const { rows } = scene.frames;
    tools.show(view, rowsIn(view.rows, rows), rows, [timeIn(scene, stage.first), timeIn(scene, seq)]);
  }

  /** What is said over the picture, if anything is. @param {string} state */
  #over(state) {
    const { stage, reader } = /** @type {Works} */ (this.#works);
    if (this.#view.time.kind !== "live") return this.#trouble || (reader.reading ? "Reading the history" : "");
    if (stage.scene !== null) return "";
    return this.#state === "connecting" ? "Waiting for the first frames" : this.#detail || state;
  }
}

/** @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
function wait(ms, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = Number.isFinite(ms) ? setTimeout(resolve, ms) : 0;
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}

customElements.define("adaptive-heatmap", AdaptiveHeatmap);
