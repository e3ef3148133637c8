// Following a stream as docs/phase.md says: handshake, then frames after the last one that was decoded. The server
// keeps nothing about this client. What comes is told to a listener; fetch, waiting and chance are injected. No DOM.

import { PhaseFormatError, decodeAll } from "./decode.js";

export const SCHEMA = "1.0.0";
export const FEATURES = ["delta2", "zstd", "br", "gzip", "columns", "levels", "audit"];

const INTERVAL_MS = 1000;
const LONGEST_MS = 60_000;
const LONGEST_ASKED_MS = 3_600_000; // by a server that is busy; a timer of more than 24 days would not wait at all
const TIMEOUT_MS = 20_000;
const SILENT_AFTER = 5; // answers without a frame
const AUDIT_AFTER_MS = 10_000;
const AUDIT_EVERY_MS = 60_000;
const GREET_AGAIN_MS = 60_000; // hidden for so long, the server may be another one

/** @typedef {import("./decode.js").Message} Message */
/** @typedef {Record<string, any>} Document */
/** @typedef {"connecting" | "live" | "silent" | "offline" | "absent" | "refused" | "hidden"} State */

/**
 * What a listener is told.
 *
 * @typedef {object} Listener
 * @property {(state: State, detail: string) => void} state
 * @property {(document: Document) => void} handshake any answer to a handshake, a refusal too
 * @property {(document: Document) => void} rows the epoch's CONFIG: which rows there are, of how many
 * @property {(message: Message) => void} frames in their order, but for those that are fetched from before the first
 * @property {(columns: Document) => void} columns of all oscillators
 * @property {(document: Document) => void} audit what the server counted, beside what the browser did
 */

/**
 * What a stream needs from where it runs.
 *
 * @typedef {object} Host
 * @property {(url: string, init: RequestInit) => Promise<Response>} fetch
 * @property {(ms: number, signal: AbortSignal) => Promise<void>} wait ends early when the signal is given
 * @property {() => number} now milliseconds
 * @property {() => number} random from 0 to 1
 * @property {(() => {bytes: number, responses: number}) | null} received what the browser counted; null if it cannot
 */

/** No frames this time: the server is busy or out of reach, or the body is damaged. */
class TryAgainError extends Error {
  /** @param {State} state @param {string} text @param {number} waitMs that the server asks for */
  constructor(state, text, waitMs = 0) {
    super(text);
    this.state = state;
    this.waitMs = waitMs;
  }
}

/** The schema is not spoken there: shake hands. */
class StrangerError extends Error {}

export class Stream {
  #base;
  #stream;
  #build;
  #id;
  #host;
  #listener;
  /** @type {import("./decode.js").Baseline | null} */
  #baseline = null;
  #lost = ""; // why there is no state any more
  #epoch = -1;
  #greeted = false;
  #version = ""; // of the server, as its answers say
  #empty = 0;
  #answers = 0; // with frames
  #auditAt = -1; // when to report next; -1 before the first frame
  #key = randomId(); // only who knows it may replace this page's report
  #hidden = false;
  #hiddenAt = 0;
  #ended = false;
  #waiting = new AbortController();

  /**
   * @param {{base: string, stream: string, build?: string, id: string}} place `base` is the address that ends in
   *   /phase/; `id` tells this viewer from others behind the same address, so that what deltas save it is counted
   * @param {Host} host
   * @param {Listener} listener
   */
  constructor({ base, stream, build = "", id }, host, listener) {
    this.#base = base;
    this.#stream = stream;
    this.#build = build;
    this.#id = id;
    this.#host = host;
    this.#listener = listener;
  }

  /** Follow until `end`, or until the server refuses this client for good. */
  async run() {
    let failures = 0;
    while (!this.#ended) {
      let pause = INTERVAL_MS;
      try {
        if (this.#hidden) {
          this.#listener.state("hidden", "");
          pause = Infinity;
        } else {
          if (!this.#greeted && !(await this.#greet())) return;
          await this.#audit();
          const more = await this.#poll();
          failures = 0;
          this.#listener.state(this.#empty > SILENT_AFTER ? "silent" : "live", "");
          if (more) pause = 0;
        }
      } catch (error) {
        if (error instanceof StrangerError) {
          this.#greeted = false;
          failures += 1; // a server that refuses after its own handshake is not to be asked without end
          if (failures === 1) continue;
          pause = backOff(failures, this.#host.random());
          this.#listener.state("offline", error.message);
        } else if (error instanceof TryAgainError) {
          failures += 1;
          pause = Math.max(backOff(failures, this.#host.random()), Math.min(error.waitMs, LONGEST_ASKED_MS));
          this.#listener.state(error.state, error.message);
        } else {
          throw error;
        }
      }
      await this.#sleep(pause);
    }
  }

  /** Ask at once: the network is back. */
  wake() {
    this.#waiting.abort();
  }

  /** A page that nobody sees asks for nothing. What it has missed comes when it is seen, as far as the ring reaches. */
  hide() {
    this.#hidden = true;
    this.#hiddenAt = this.#host.now();
  }

  show() {
    if (!this.#hidden) return;
    this.#hidden = false;
    if (this.#host.now() - this.#hiddenAt > GREET_AGAIN_MS) this.#greeted = false;
    this.wake();
  }

  end() {
    this.#ended = true;
    this.wake();
  }

  /** Not at all, if it was woken while it asked. @param {number} ms */
  async #sleep(ms) {
    const { signal } = this.#waiting;
    if (ms > 0 && !signal.aborted) await this.#host.wait(ms, signal);
    if (this.#waiting.signal.aborted) this.#waiting = new AbortController();
  }

  /** Whether the server serves this client. */
  async #greet() {
    const query = { client: SCHEMA, features: FEATURES.join(","), stream: this.#stream, build: this.#build };
    const answer = await this.#get("handshake", query);
    const document = documentOf(answer.body);
    if (!("verdict" in document)) throw new TryAgainError("offline", `${answer.status}: no handshake`);
    this.#version = answer.headers.get("Phase-Schema") ?? "";
    this.#listener.handshake(document);
    this.#greeted = document.negotiated !== null;
    if (!this.#greeted) this.#listener.state("refused", "");
    return this.#greeted;
  }

  /** Ask for what is newer; whether there may be more at once. */
  async #poll() {
    /** @type {Record<string, string>} */
    const query = { columns: "1", audit: this.#id };
    if (this.#baseline !== null) query.after = `${this.#baseline.epoch}.${this.#baseline.seq}`;
    else if (this.#lost) query.resync = this.#lost;
    const answer = await this.#get(`streams/${encodeURIComponent(this.#stream)}/frames`, query);
    const version = answer.headers.get("Phase-Schema") ?? this.#version;
    if (version !== this.#version) this.#greeted = false;
    if (answer.status === 204) {
      this.#empty += 1;
      return false;
    }
    this.#answered();
    const messages = this.#decoded(answer.body);
    this.#lost = "";
    this.#tell(messages);
    const frames = messages.filter((each) => each.baseline !== null);
    const newest = frames.at(-1);
    if (newest === undefined) return false;
    this.#baseline = newest.baseline;
    this.#empty = 0;
    const first = frames[0].header;
    if (first.epoch !== this.#epoch) {
      this.#epoch = first.epoch;
      await this.#fetchBefore(first.epoch, first.seq - first.nFrames + 1);
    }
    const count = frames.reduce((sum, each) => sum + each.header.nFrames, 0);
    return query.after !== undefined && count >= 100;
  }

  /** @param {Uint8Array} body @returns {Message[]} */
  #decoded(body) {
    try {
      return [...decodeAll(body, this.#baseline)];
    } catch (error) {
      if (!(error instanceof PhaseFormatError)) throw error;
      if (error.reason === "major") throw new StrangerError(error.message);
      // Nothing of this body counts, and nothing before it either: the next request asks for a keyframe.
      this.#baseline = null;
      this.#lost = error.reason === "baseline" ? "gap" : "crc";
      throw new TryAgainError("connecting", `damaged: ${error.reason}`);
    }
  }

  /** @param {Message[]} messages */
  #tell(messages) {
    for (const message of messages) {
      if (message.document !== null && "total" in message.document) this.#listener.rows(message.document);
    }
    for (const message of messages) {
      if (message.frames !== null) this.#listener.frames(message);
      if (message.document !== null && "columns" in message.document) this.#listener.columns(message.document.columns);
    }
  }

  /**
   * What the ring has before the first frame of an epoch, so that a new page has a past to show. It is an extra: what
   * cannot be had is left out, as it was before.
   *
   * @param {number} epoch
   * @param {number} firstSeq
   */
  async #fetchBefore(epoch, firstSeq) {
    const path = `streams/${encodeURIComponent(this.#stream)}`;
    try {
      const summary = documentOf((await this.#get(path, {})).body);
      const [oldestEpoch, oldest] = String(summary.oldest).split(".").map(Number);
      if (oldestEpoch !== epoch || !(oldest > 0 && oldest < firstSeq)) return;
      // Just before the ring's first frame, which is a keyframe, no state is needed.
      const query = { after: `${epoch}.${oldest - 1}`, max: String(firstSeq - oldest), columns: "1", audit: this.#id };
      const answer = await this.#get(`${path}/frames`, query);
      if (answer.status === 204) return;
      this.#answered();
      this.#tell([...decodeAll(answer.body, null)].filter((each) => each.header.epoch === epoch));
    } catch (error) {
      if (!(error instanceof TryAgainError || error instanceof PhaseFormatError)) throw error;
    }
  }

  #answered() {
    this.#answers += 1;
    if (this.#auditAt < 0) this.#auditAt = this.#host.now() + AUDIT_AFTER_MS;
  }

  /** Now and then, while no frames are on their way: what the browser counted, for the server to hold against its own. */
  async #audit() {
    const received = this.#host.received?.();
    if (!received || this.#auditAt < 0 || this.#host.now() < this.#auditAt) return;
    if (received.responses < this.#answers) return; // the browser has not told of the last one yet
    this.#auditAt = this.#host.now() + AUDIT_EVERY_MS;
    const report = { audit: this.#id, stream: this.#stream, key: this.#key, ...received };
    try {
      const answer = await this.#get("savings/audit", {}, JSON.stringify(report));
      this.#listener.audit(documentOf(answer.body));
    } catch (error) {
      if (!(error instanceof TryAgainError)) throw error;
    }
  }

  /**
   * 200 or 204.
   *
   * @param {string} path
   * @param {Record<string, string>} query
   * @param {string} [posted] the body of a POST
   * @returns {Promise<{status: number, headers: Headers, body: Uint8Array}>}
   */
  async #get(path, query, posted) {
    let answer;
    try {
      // The schema is said in the address: a header of our own costs a page of another origin a second request each time.
      const params = new URLSearchParams({ ...query, schema: SCHEMA });
      const response = await this.#host.fetch(`${this.#base}${path}?${params}`, {
        ...(posted === undefined ? {} : { method: "POST", body: posted }),
        cache: "no-store",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const body = new Uint8Array(await response.arrayBuffer());
      answer = { status: response.status, headers: response.headers, body };
    } catch (error) {
      throw new TryAgainError("offline", `no answer: ${error instanceof Error ? error.message : error}`);
    }
    const { status, headers, body } = answer;
    if (status === 200 || status === 204) return answer;
    const document = documentOf(body);
    if (document.upgrade) throw new StrangerError(document.upgrade.title);
    const text = `${status}: ${document.detail ?? document.message}`;
    const waitMs = 1000 * (Number(headers.get("Retry-After")) || 0);
    throw new TryAgainError(status === 404 ? "absent" : "offline", text, waitMs);
  }
}

/** An id that nobody else has, of 32 digits. */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The pause after so many failures: random, lest all pages come back together.
 *
 * @param {number} failures
 * @param {number} random
 */
export function backOff(failures, random) {
  return Math.min(LONGEST_MS, INTERVAL_MS * 2 ** Math.min(failures, 10)) * (0.5 + random / 2);
}

/**
 * The JSON object in a body. An answer that has none comes from something in between, and is told as it is.
 *
 * @param {Uint8Array} body
 * @returns {Document}
 */
export function documentOf(body) {
  const text = new TextDecoder().decode(body);
  try {
    const document = JSON.parse(text);
    if (document !== null && typeof document === "object") return document;
  } catch {
    // told below
  }
  return { detail: text.slice(0, 200) };
}
