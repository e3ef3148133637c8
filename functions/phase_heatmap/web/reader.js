// Reading the stretch of history that is looked at: once, or again and again where it ends now, and again after trouble.
// Waiting and the clock are injected. No DOM.

import { NoHistoryError } from "./past.js";
import { LAST } from "./view.js";

/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {import("./view.js").View} View */
/**
 * @typedef {object} Host
 * @property {() => View} view
 * @property {(span: import("./history.js").Span, signal: AbortSignal) => Promise<Scene>} load throws NoHistoryError
 * @property {(scene: Scene | null, trouble: string) => void} told null: there is nothing to show
 * @property {() => number} now milliseconds since 1970
 * @property {(ms: number, signal: AbortSignal) => Promise<void>} wait ends early when the signal is given
 * @property {() => boolean} hidden whether nobody sees it
 */

const RETRY_MS = 5000;
const REFRESH = { share: 1 / 60, least: 5000, most: 300_000 }; // of a stretch that ends now

export class Reader {
  reading = false; // for the first time since somebody asked for it
  #host;
  #loading = new AbortController();
  #pending = false; // to be read again when it is seen

  /** @param {Host} host */
  constructor(host) {
    this.#host = host;
  }

  /** Of the view as it is now. */
  start() {
    this.reading = true;
    this.refresh();
  }

  /** Again, while what is shown stays. */
  refresh() {
    this.#pending = false;
    this.#loading.abort();
    this.#loading = new AbortController();
    void this.run(this.#loading.signal);
  }

  /** Somebody sees it again. */
  seen() {
    if (this.#pending || this.#host.view().time.kind === "last") this.refresh();
  }

  end() {
    this.#pending = false;
    this.#loading.abort();
    this.reading = false;
  }

  /** @param {AbortSignal} signal */
  async run(signal) {
    const { view, load, told, now, wait, hidden } = this.#host;
    while (!signal.aborted) {
      const span = spanOf(view(), now());
      const lasts = view().time.kind === "last";
      let again = lasts;
      let pause = RETRY_MS;
      try {
        const scene = await load(span, signal);
        if (signal.aborted) return;
        this.reading = false;
        told(scene, "");
        pause = Math.min(Math.max(((span.toUs - span.fromUs) / 1000) * REFRESH.share, REFRESH.least), REFRESH.most);
      } catch (error) {
        if (signal.aborted) return;
        this.reading = false;
        told(null, error instanceof Error ? error.message : String(error));
        if (!(error instanceof NoHistoryError)) throw error;
        again ||= !error.lasting;
      }
      if (!again) return;
      await wait(pause, signal);
      if (signal.aborted) return;
      if (hidden()) {
        this.#pending = true;
        return;
      }
    }
  }
}

/** The stretch of time that is looked at. @param {View} view @param {number} nowMs @returns {import("./history.js").Span} */
export function spanOf({ time, seconds }, nowMs) {
  switch (time.kind) {
    case "range":
      return { fromUs: time.fromUs, toUs: time.toUs };
    case "paused":
      return { fromUs: time.atUs - seconds * 1e6, toUs: time.atUs, aligned: true };
    default: {
      const last = time.kind === "last" ? LAST.find((each) => each.name === time.name) : undefined;
      return { fromUs: nowMs * 1000 - (last?.seconds ?? seconds) * 1e6, toUs: nowMs * 1000, newest: true };
    }
  }
}
