// Reading a stretch of history: stored chunks from where they lie, and the newest columns, which are in no chunk yet, from
// the server. What runs it injects fetch. No DOM.

import { CHUNK, PhaseFormatError, decodeAll } from "./decode.js";
import { FrameWindow } from "./frames.js";
import { endOf, epochOf, stretches } from "./history.js";
import { SCHEMA, documentOf } from "./stream.js";

/** @typedef {import("./history.js").Stretch} Stretch */
/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {(url: string, init: RequestInit) => Promise<Response>} Fetch */
/** @typedef {{chunks: {chunk: number, url: string}[], next: number | null}} Listing */

const MOST_BYTES = 64 << 20; // of cells that are held
const AT_ONCE = 4;
const TIMEOUT_MS = 30_000;

/** There is nothing to show; `lasting` tells whether to ask again is of no use. */
export class NoHistoryError extends Error {
  /** @param {string} text @param {boolean} lasting */
  constructor(text, lasting) {
    super(text);
    this.lasting = lasting;
  }
}

export class Past {
  #base;
  #fetch;

  /** @param {{base: string, stream: string}} place `base` is the address that ends in /phase/ @param {Fetch} fetch */
  constructor({ base, stream }, fetch) {
    this.#base = `${base}streams/${encodeURIComponent(stream)}`;
    this.#fetch = fetch;
  }

  /**
   * The stretch, drawn of the epoch that has the most of it.
   *
   * @param {import("./history.js").Span} span
   * @param {number} pixels of width
   * @param {AbortSignal} signal
   * @returns {Promise<Scene>}
   * @throws {NoHistoryError}
   */
  async load(span, pixels, signal) {
    const summary = await this.#json("", "epochs", {}, signal);
    const epochs = /** @type {import("./history.js").EpochDocument[]} */ (summary.epochs);
    const behind = span.newest && epochs.length ? span.toUs - endOf(epochs[0]) : 0;
    const asked = { ...span, fromUs: span.fromUs - behind, toUs: span.toUs - behind };
    const epoch = epochOf(epochs, asked.fromUs, asked.toUs);
    if (epoch === null) throw new NoHistoryError("There were no frames at that time.", true);
    // A cell takes a byte each for its angle, R, and whether it is missing.
    const most = Math.floor(MOST_BYTES / 3 / epoch.rows);
    const possible = stretches(epoch, asked, pixels, most);
    if (possible.length === 0) throw new NoHistoryError("That is longer than can be shown.", true);
    const { stretch, listed } = await this.#choose(possible, signal);
    const frames = new FrameWindow(epoch.rows, stretch.last - stretch.first + 1);
    await this.#chunks(frames, stretch, listed, signal);
    await this.#tail(frames, stretch, signal);
    const columns = stretch.last - stretch.first + 1;
    return {
      frames,
      seq: columns - 1,
      span: columns,
      stepUs: stretch.stepUs,
      level: stretch.level,
      epoch: epoch.epoch,
      rows: epoch,
      shared: epochs.some((each) => each !== epoch && epochOf([each], asked.fromUs, asked.toUs) !== null),
      endUs: epoch.t0_us + (stretch.last * stretch.framesEach - epoch.first_seq) * epoch.dt_us,
    };
  }

  /**
   * What history has of frames that the living picture misses, such as those from before a new page came, or while it
   * was hidden. It is an extra: what cannot be had is left out.
   *
   * @param {import("./live.js").Live} live
   * @param {number} first
   * @param {number} last
   * @param {AbortSignal} signal
   * @param {(first: number, last: number) => void} came told of each part, the oldest first
   */
  async fill({ frames, epoch }, first, last, signal, came) {
    if (frames === null) return;
    try {
      for await (const part of this.#cells(0, epoch, first, last, signal)) {
        keep(frames, { epoch: { epoch }, first: 0, last, framesEach: 1 }, part.body);
        came(part.first, part.last);
      }
    } catch (error) {
      if (!(error instanceof NoHistoryError || signal.aborted)) throw error;
    }
  }

  /**
   * The finest level of which most is still kept; and where its chunks are.
   *
   * @param {Stretch[]} possible the finest first
   * @param {AbortSignal} signal
   */
  async #choose(possible, signal) {
    let best = { stretch: possible[0], listed: /** @type {Listing["chunks"]} */ ([]), share: -1 };
    for (const stretch of possible) {
      const listed = stretch.chunks.length ? await this.#list(stretch, signal) : [];
      const share = stretch.chunks.length ? listed.length / stretch.chunks.length : 1;
      // A level that has no chunk in the stretch shows its newest columns alone, which the level below shows better.
      const better = share > best.share + 0.1 && (best.share < 0 || stretch.chunks.length > 0);
      if (better) best = { stretch, listed, share };
      if (best.share > 0.9) break;
    }
    return best;
  }

  /** @param {Stretch} stretch @param {AbortSignal} signal @returns {Promise<Listing["chunks"]>} */
  async #list({ epoch, level, chunks }, signal) {
    const found = [];
    let first = /** @type {number | null} */ (chunks[0]);
    while (first !== null) {
      const query = { epoch: String(epoch.epoch), first: String(first), last: String(chunks[chunks.length - 1]) };
      const listing = /** @type {Listing} */ (await this.#json(`/levels/${level}/chunks`, "chunks", query, signal));
      found.push(...listing.chunks);
      first = listing.next;
    }
    return found;
  }

  /** @param {FrameWindow} frames @param {Stretch} stretch @param {Listing["chunks"]} listed @param {AbortSignal} signal */
  async #chunks(frames, stretch, listed, signal) {
    const waiting = [...listed];
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { status, body } = await this.#get(next.url, signal);
        if (status === 404) continue; // it is kept no longer
        if (status !== 200) throw new NoHistoryError(`${status}: a chunk cannot be read`, true);
        keep(frames, stretch, body);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  /** The columns after the last chunk, as many as have come. @param {FrameWindow} frames @param {Stretch} stretch @param {AbortSignal} signal */
  async #tail(frames, stretch, signal) {
    const { epoch, level, last } = stretch;
    const first = Math.max(stretch.tail, stretch.first, 0);
    for await (const { body } of this.#cells(level, epoch.epoch, first, last, signal)) keep(frames, stretch, body);
  }

  /**
   * Columns of a level, of which the server tells as many at a time as fit into an answer.
   *
   * @param {number} level
   * @param {number} epoch
   * @param {number} first
   * @param {number} last
   * @param {AbortSignal} signal
   * @returns {AsyncGenerator<{first: number, last: number, body: Uint8Array}>}
   */
  async *#cells(level, epoch, first, last, signal) {
    while (first <= last) {
      const query = { epoch: String(epoch), first: String(first), last: String(last), columns: "1" };
      const { status, headers, body } = await this.#ask(`/levels/${level}/cells`, query, signal);
      if (status === 204) return;
      const reached = Number(/-(\d+)$/.exec(headers.get("Phase-Columns") ?? "")?.[1] ?? last);
      yield { first, last: reached, body };
      if (reached < first) return;
      first = reached + 1;
    }
  }

  /**
   * A JSON object that has a list. Anything else comes from something in between, such as a page to log in at.
   *
   * @param {string} path
   * @param {string} list its name
   * @param {Record<string, string>} query
   * @param {AbortSignal} signal
   * @returns {Promise<Record<string, any>>}
   */
  async #json(path, list, query, signal) {
    const document = documentOf((await this.#ask(path, query, signal)).body);
    if (Array.isArray(document[list])) return document;
    throw new NoHistoryError("no answer: what came is not the history's", false);
  }

  /**
   * 200 or 204 of the server. The schema is said in the address: a header of our own would cost each request a second
   * one where the page is of another origin.
   *
   * @param {string} path
   * @param {Record<string, string>} query
   * @param {AbortSignal} signal
   */
  async #ask(path, query, signal) {
    const params = new URLSearchParams({ ...query, schema: SCHEMA });
    const answer = await this.#get(`${this.#base}${path}?${params}`, signal);
    if (answer.status === 200 || answer.status === 204) return answer;
    const { detail, message } = documentOf(answer.body);
    const lasting = answer.status < 500 && answer.status !== 429;
    throw new NoHistoryError(`${answer.status}: ${detail ?? message ?? "no history"}`, lasting);
  }

  /**
   * A whole answer: the network may fail in the middle of a body, too.
   *
   * @param {string} url
   * @param {AbortSignal} signal
   */
  async #get(url, signal) {
    let answer;
    try {
      const response = await this.#fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) });
      const body = new Uint8Array(await response.arrayBuffer());
      answer = { status: response.status, headers: response.headers, body };
    } catch (error) {
      if (signal.aborted) throw error;
      throw new NoHistoryError(`no answer: ${error instanceof Error ? error.message : error}`, false);
    }
    if (answer.status < 500) return answer;
    throw new NoHistoryError(`${answer.status}: the history cannot be read now`, false);
  }
}

/**
 * Columns of a body into the frames, where they belong: the first of the stretch is number 0.
 *
 * @param {FrameWindow} frames
 * @param {Pick<Stretch, "first" | "last" | "framesEach"> & {epoch: {epoch: number}}} stretch
 * @param {Uint8Array} body CHUNK messages and CONFIGs with what all oscillators did
 */
export function keep(frames, { epoch, first, last, framesEach }, body) {
  try {
    for (const { header, frames: cells, document } of decodeAll(body)) {
      if (header.epoch !== epoch.epoch) continue;
      if (header.kind === CHUNK && cells !== null && header.nRows === frames.rows) {
        const start = header.seq - header.nFrames + 1;
        for (let t = 0; t < header.nFrames; t++) {
          const column = start + t;
          if (column < first || column > last) continue;
          frames.put(column - first, header.t0Us + t * header.dtUs, cells, t, header.bits);
        }
      }
      if (document?.columns) {
        const { first_seq: firstSeq, r, r_mean: means } = document.columns;
        // The mean of what each frame had: r of the mean vector is small wherever all turn together.
        const start = firstSeq / framesEach - first;
        frames.putOrder(Math.max(start, 0), (means ?? r).slice(Math.max(-start, 0), Math.max(last - first + 1 - start, 0)));
      }
    }
  } catch (error) {
    if (!(error instanceof PhaseFormatError)) throw error;
    throw new NoHistoryError(`damaged: ${error.reason}`, false);
  }
}
