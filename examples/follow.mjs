// Follow a stream of oscillator phases of Phase Metrics, in JavaScript; node 20 or later.
//
//   node examples/follow.mjs --url http://127.0.0.1:8700 --stream kuramoto --polls 10
//
// Does and prints the same as follow.py. The decoder is the page's own; it runs in browsers, workers and node alike.

import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";

// In a browser: import { decodeAll, ... } from "./decode.js". By a data address here, for node takes a bare .js file
// for CommonJS.
const source = await readFile(new URL("../functions/phase_heatmap/web/decode.js", import.meta.url));
const { PhaseFormatError, crc32, decodeAll } = await import(
  `data:text/javascript;base64,${source.toString("base64")}`
);

const SCHEMA = "1.0.0";
const LONGEST_PAUSE = 60; // seconds

/** The server will not serve this client; the text says why, and what to do. */
class RefusedError extends Error {}

/** No frames this time: the server is busy or out of reach, or the body is damaged. `wait`: seconds it asks for. */
class TryAgainError extends Error {
  constructor(text, wait = 0) {
    super(text);
    this.wait = wait;
  }
}

/** The state of one stream on this side. The server keeps none: `after` tells it what is here. */
class Follower {
  #base;
  #path;
  #stream;
  #baseline = null;
  #rows = {};
  #lost = ""; // why there is no state any more
  #id = randomUUID(); // who asks: without it, viewers behind one address are taken for one
  sunset = ""; // when this client's schema ends, if that is known

  constructor(url, stream) {
    this.#base = url.replace(/\/+$/, "");
    this.#path = `/phase/streams/${encodeURIComponent(stream)}/frames`;
    this.#stream = stream;
  }

  /** The verdict. @throws {RefusedError|TryAgainError} */
  async shakeHands() {
    const answer = await this.#get("/phase/handshake", {
      client: SCHEMA,
      features: "delta2,gzip",
      stream: this.#stream,
    });
    const document = documentOf(answer.body);
    if (!("verdict" in document)) throw new TryAgainError(`${answer.status}: no handshake`);
    if (document.negotiated === null) throw new RefusedError(wayOut(document.upgrade));
    return document.verdict;
  }

  /** What is newer than what is here, null if nothing is. @throws {RefusedError|TryAgainError} */
  async poll() {
    const query = { audit: this.#id };
    if (this.#baseline !== null) query.after = `${this.#baseline.epoch}.${this.#baseline.seq}`;
    else if (this.#lost) query.resync = this.#lost;
    const answer = await this.#get(this.#path, query);
    if (answer.status === 204) return null;
    let messages;
    try {
      messages = [...decodeAll(answer.body, this.#baseline)];
    } catch (error) {
      if (!(error instanceof PhaseFormatError)) throw error;
      // Nothing of this body counts, and nothing before it either: the next request asks for a keyframe.
      this.#baseline = null;
      this.#lost = error.reason === "baseline" ? "gap" : "crc";
      throw new TryAgainError(`damaged: ${error.reason}`);
    }
    const frames = messages.filter((each) => each.frames !== null);
    this.#rows = messages.find((each) => each.document && "total" in each.document)?.document ?? this.#rows;
    this.#lost = "";
    if (frames.length === 0) return null;
    this.#baseline = frames.at(-1).baseline;
    return { reason: answer.headers.get("Phase-Resync") ?? "none", frames, rows: this.#rows };
  }

  /** 200 or 204. @throws {RefusedError|TryAgainError} */
  async #get(path, query) {
    let answer;
    try {
      // fetch asks for the content codings that it knows, and undoes them.
      const response = await fetch(`${this.#base}${path}?${new URLSearchParams(query)}`, {
        headers: { "Phase-Schema": SCHEMA },
      });
      const body = new Uint8Array(await response.arrayBuffer());
      answer = { status: response.status, headers: response.headers, body };
    } catch (error) {
      throw new TryAgainError(`no whole answer from ${this.#base}${path}: ${error.cause?.message ?? error.message}`);
    }
    const { status, headers, body } = answer;
    this.sunset = headers.get("Sunset") ?? "";
    if (status === 200 || status === 204) return answer;
    const document = documentOf(body);
    if (document.upgrade) throw new RefusedError(wayOut(document.upgrade));
    const text = `${status}: ${document.detail ?? document.message}`;
    if (status === 429 || status >= 500) throw new TryAgainError(text, Number(headers.get("Retry-After")) || 0);
    throw new RefusedError(text);
  }
}

/** The JSON object in a body. An answer that has none comes from something in between, and is shown as it is. */
function documentOf(body) {
  const text = new TextDecoder().decode(body);
  try {
    const document = JSON.parse(text);
    if (document !== null && typeof document === "object") return document;
  } catch {
    // shown below
  }
  return { detail: text.slice(0, 200) };
}

function wayOut({ title, steps, command, url }) {
  return [title, ...[...steps, command, url].filter(Boolean).map((each) => `- ${each}`)].join("\n");
}

/** The line of an answer: the order parameter and the checksum are those of its newest frame. */
function shown({ reason, frames, rows }) {
  const { header, frames: newest } = frames.at(-1);
  const count = frames.reduce((sum, each) => sum + each.header.nFrames, 0);
  const start = (header.nFrames - 1) * header.nRows;
  const angles = newest.angles.slice(start);
  const scale = (2 * Math.PI) / (1 << header.bits);
  let [cos, sin, present] = [0, 0, 0];
  angles.forEach((angle, row) => {
    if (newest.missing !== null && newest.missing[start + row]) return;
    cos += Math.cos(angle * scale);
    sin += Math.sin(angle * scale);
    present += 1;
  });
  const order = present ? (Math.hypot(cos, sin) / present).toFixed(3) : "none";
  const state = crc32(new Uint8Array(angles.buffer)).toString(16).padStart(8, "0");
  return (
    `${header.epoch}.${header.seq} ${reason}: ${count} frames, ${header.nRows} of ${rows.total} rows, ` +
    `r ${order}, state ${state}`
  );
}

const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Prints a line per answer. Returns the exit status: 0, 1 if none was whole, or 2 if this client is not served. */
async function follow(url, stream, polls, interval) {
  const follower = new Follower(url, stream);
  let [failures, greeted, warned] = [0, false, false];
  for (let poll = 0; poll < polls; poll++) {
    let pause = interval;
    try {
      if (!greeted) console.log(`handshake: ${await follower.shakeHands()}`);
      greeted = true;
      const news = await follower.poll();
      console.log(news === null ? "nothing new" : shown(news));
      failures = 0;
    } catch (error) {
      if (error instanceof RefusedError) {
        console.error(error.message);
        return 2;
      }
      if (!(error instanceof TryAgainError)) throw error;
      console.log(error.message);
      failures += 1;
      // Pauses grow, and are random lest all clients return at the same moment.
      pause = Math.min(LONGEST_PAUSE, interval * 2 ** Math.min(failures, 10)) * (0.5 + Math.random() / 2);
      pause = Math.max(pause, error.wait);
    }
    if (follower.sunset && !warned) {
      console.error(`schema ${SCHEMA} will not be served after ${follower.sunset}`);
      warned = true;
    }
    await sleep(pause);
  }
  return greeted || polls === 0 ? 0 : 1;
}

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    stream: { type: "string", default: "kuramoto" },
    polls: { type: "string", default: "10" },
    interval: { type: "string", default: "1" },
  },
});
if (!values.url) {
  console.error("--url is missing: where the API is, such as http://127.0.0.1:8700");
  process.exitCode = 2;
} else {
  process.exitCode = await follow(values.url, values.stream, Number(values.polls), Number(values.interval));
}
