// The page's client against a scripted server; the frames are those of the golden vectors.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { HEADER_BYTES, readHeader } from "../../../functions/phase_heatmap/web/decode.js";
import { Received } from "../../../functions/phase_heatmap/web/received.js";
import { SCHEMA, Stream, backOff, randomId } from "../../../functions/phase_heatmap/web/stream.js";

/** The messages of epoch 7: 40 is a keyframe, then 41, 42 to 44, 45, 46, 47 and 48, 49. */
const MESSAGES = (() => {
  let rest = new Uint8Array(readFileSync(new URL("../../vectors/phf1/live-16-linear.phf", import.meta.url)));
  const found = [];
  while (rest.length) {
    const end = HEADER_BYTES + readHeader(rest).payloadLen;
    found.push(rest.subarray(0, end));
    rest = rest.subarray(end);
  }
  return found;
})();
const body = (...indices) => new Uint8Array(indices.flatMap((i) => [...MESSAGES[i]]));
const json = (document) => new TextEncoder().encode(JSON.stringify(document));
const GREETING = { verdict: "compatible", negotiated: "1.0", server_build: "b1", upgrade: null, schema: { current: "1.0.0" } };
const HELLO = ["handshake", 200, json(GREETING)];
const PAST = ["streams/k", 200, json({ oldest: "7.40" })];
const frames = (...indices) => ["streams/k/frames", 200, body(...indices)];
const ID = "0123456789abcdef";
const NOTHING = ["streams/k/frames", 204, new Uint8Array()];

/**
 * Follow a server that answers as scripted: [path, status, body, headers?], an Error that fetch throws, or what makes one
 * of these while the stream waits for it. Ends after the last answer. `at` does something before the n-th pause.
 */
async function follow(script, { at = {}, received = null } = {}) {
  const told = { audits: [], posted: [], states: [], asked: [], frames: [], columns: [], rows: [], handshakes: [], pauses: [] };
  const queue = [...script];
  let now = 0;
  const host = {
    now: () => now,
    random: () => 1,
    received,
    fetch: async (url, init) => {
      const address = new URL(url);
      const path = address.pathname.replace("/phase/", "");
      const { schema, ...query } = Object.fromEntries(address.searchParams);
      told.asked.push([path, query]);
      assert.equal(schema, SCHEMA);
      assert.equal(init.headers, undefined, "a header of its own would cost a page of another origin a second request");
      if (init.method === "POST") told.posted.push(JSON.parse(init.body));
      const next = queue.shift();
      const answer = typeof next === "function" ? next(stream) : next;
      if (queue.length === 0) stream.end();
      if (answer instanceof Error) throw answer;
      const [wanted, status, content, headers] = answer;
      assert.equal(path, wanted);
      return new Response(status === 204 ? null : content, { status, headers: { "Phase-Schema": "1.0.0", ...headers } });
    },
    wait: async (ms, signal) => {
      told.pauses.push(ms);
      at[told.pauses.length]?.(stream, (later) => (now += later));
      assert.ok(ms < Infinity || signal.aborted, "it would sleep for ever");
    },
  };
  const listener = {
    state: (state, detail) => told.states.push(detail ? `${state}: ${detail}` : state),
    handshake: (document) => told.handshakes.push(document),
    rows: (document) => told.rows.push(document),
    frames: ({ header }) => told.frames.push(header.seq),
    columns: (columns) => told.columns.push(columns),
    audit: (document) => told.audits.push(document),
  };
  const stream = new Stream({ base: "http://x/phase/", stream: "k", build: "b0", id: ID }, host, listener);
  await stream.run();
  return told;
}

test("shakes hands, takes the newest group, then what follows it", async () => {
  const told = await follow([HELLO, frames(0, 1), PAST, frames(2), NOTHING]);
  assert.deepEqual(told.frames, [40, 41, 44]);
  assert.deepEqual(told.asked.map(([path, { after, resync }]) => [path, after, resync]), [
    ["handshake", undefined, undefined],
    ["streams/k/frames", undefined, undefined],
    ["streams/k", undefined, undefined],
    ["streams/k/frames", "7.41", undefined],
    ["streams/k/frames", "7.44", undefined],
  ]);
  const [[, greeting]] = told.asked;
  assert.deepEqual([greeting.client, greeting.stream, greeting.build], [SCHEMA, "k", "b0"]);
  assert.ok(greeting.features.split(",").includes("delta2"));
  assert.deepEqual(told.pauses, [1000, 1000]);
});

test("every request for frames says which viewer asks, by an id of this page alone", async () => {
  const told = await follow([HELLO, frames(0), ["streams/k", 200, json({ oldest: "7.30" })], frames(0), NOTHING]);
  const asked = told.asked.filter(([path]) => path.endsWith("/frames"));
  assert.deepEqual(asked.map(([, { audit }]) => audit), [ID, ID, ID]);
  assert.match(randomId(), /^[0-9a-f]{32}$/);
  assert.notEqual(randomId(), randomId());
});

test("what the browser counted is reported once all answers are in it, and again after a minute under the same key", async () => {
  const counted = { bytes: 0, responses: 0 };
  const counts = (ms, bytes, responses) => (_, pass) => {
    pass(ms);
    Object.assign(counted, { bytes, responses });
  };
  const report = ["savings/audit", 200, json({ difference_bytes: 0 })];
  // At first and after a minute the browser is one answer behind.
  const at = { 1: counts(11_000, 0, 0), 2: counts(1000, 700, 2), 3: counts(60_000, 700, 2), 4: counts(1000, 1500, 4) };
  const script = [HELLO, frames(0), PAST, frames(1), report, frames(2), frames(3), report, NOTHING];
  const told = await follow(script, { received: () => counted, at });
  assert.equal(told.audits.length, 2);
  const [first, second] = told.posted;
  assert.deepEqual([first.audit, first.stream, first.bytes, first.responses], [ID, "k", 700, 2]);
  assert.deepEqual([second.bytes, second.responses, second.key], [1500, 4, first.key]);
  assert.match(first.key, /^[0-9a-f]{32}$/);
});

test("a report that is refused stops nothing, and a browser that does not count reports nothing", async () => {
  const later = { 1: (_, pass) => pass(11_000) };
  const refused = ["savings/audit", 409, json({ detail: "another's" })];
  const told = await follow([HELLO, frames(0), PAST, refused, frames(1), NOTHING], { received: () => ({ bytes: 1, responses: 9 }), at: later });
  assert.deepEqual([told.frames, told.audits], [[40, 41], []]);
  assert.deepEqual((await follow([HELLO, frames(0), PAST, frames(1), NOTHING], { at: later })).posted, []);
});

test("only bodies with frames of this viewer count, by what came over the wire", () => {
  const received = new Received(ID);
  const at = (path, more = {}) => ({ name: `http://x/phase/${path}`, encodedBodySize: 100, responseStatus: 200, ...more });
  received.take([
    at(`streams/k/frames?audit=${ID}&columns=1`),
    at(`streams/k/frames?after=7.1&audit=${ID}`, { encodedBodySize: 23 }),
    at(`streams/k/frames?audit=${ID}`, { responseStatus: 503 }),
    at(`streams/k/frames?audit=${ID}`, { responseStatus: 204, encodedBodySize: 0 }),
    at("streams/k/frames?audit=another-page-0001"),
    at(`streams/k?audit=${ID}`),
    at("assets/b/app.js"),
  ]);
  assert.deepEqual([received.bytes, received.responses], [123, 2]);
});

test("fetches what the ring has before the first frame", async () => {
  // Only a keyframe can be decoded from nothing: here it stands for the ring's first.
  const told = await follow([HELLO, frames(0), ["streams/k", 200, json({ oldest: "7.30" })], frames(0), NOTHING]);
  assert.deepEqual(told.asked[3], ["streams/k/frames", { after: "7.29", max: "10", columns: "1", audit: ID }]);
  assert.equal(told.frames.length, 2);
  assert.equal(told.asked[4][1].after, "7.40", "the past does not change what is acknowledged");
});

test("a past that cannot be had is left out", async () => {
  for (const past of [["streams/k", 503, json({ detail: "x" })], new Error("gone"), ["streams/k", 200, json({ oldest: null })]]) {
    const told = await follow([HELLO, frames(0), past, frames(1), NOTHING]);
    assert.deepEqual(told.frames, [40, 41]);
  }
});

test("a damaged body is thrown away whole, and a keyframe asked for with the reason", async () => {
  const damaged = body(2, 3);
  damaged[damaged.length - 1] ^= 1;
  const told = await follow([HELLO, frames(0, 1), PAST, ["streams/k/frames", 200, damaged], frames(0, 1), NOTHING]);
  assert.deepEqual(told.frames, [40, 41, 40, 41], "not even the messages before the fault");
  assert.deepEqual(told.asked[4][1], { columns: "1", audit: ID, resync: "crc" });
  assert.ok(told.states.includes("connecting: damaged: state-crc"));
});

test("frames that build on what is not here ask for a keyframe because of the gap", async () => {
  const told = await follow([HELLO, frames(0), PAST, frames(2), frames(0), NOTHING]);
  assert.equal(told.asked[4][1].resync, "gap");
});

test("no answer, 503 and 429 keep the state, wait longer each time, and as long as they ask", async () => {
  const busy = ["streams/k/frames", 503, json({ detail: "later" }), { "Retry-After": "30" }];
  const limited = ["streams/k/frames", 429, json({ message: "Too Many Requests" })];
  const told = await follow([HELLO, frames(0), PAST, new Error("refused"), limited, busy, frames(1), NOTHING]);
  assert.deepEqual(told.asked.slice(3).map(([, { after }]) => after), ["7.40", "7.40", "7.40", "7.40", "7.41"]);
  assert.deepEqual(told.pauses, [1000, 2000, 4000, 30_000, 1000]);
  assert.ok(told.states.includes("offline: no answer: refused") && told.states.includes("offline: 503: later"));
  assert.equal(told.states.at(-1), "live");
  assert.deepEqual([backOff(1, 0), backOff(1, 1), backOff(99, 1)], [1000, 2000, 60_000]);
});

test("after an answer the waits begin anew", async () => {
  const told = await follow([HELLO, frames(0), PAST, new Error("refused"), new Error("refused"), frames(1), new Error("refused"), NOTHING]);
  assert.deepEqual(told.pauses, [1000, 2000, 4000, 1000, 2000]);
});

test("a server that asks for a month is asked again after an hour: a timer of a month would end at once", async () => {
  const busy = ["streams/k/frames", 503, json({ detail: "later" }), { "Retry-After": "2592000" }];
  assert.deepEqual((await follow([HELLO, frames(0), PAST, busy, NOTHING])).pauses, [1000, 3_600_000]);
});

test("the network that comes back while a request hangs is not missed: the next one follows at once, the ones after it wait again", async () => {
  const hangs = (stream) => {
    stream.wake();
    stream.wake();
    return new Error("it was sent before");
  };
  const told = await follow([HELLO, frames(0), PAST, new Error("refused"), hangs, new Error("refused"), frames(1), NOTHING]);
  assert.deepEqual(told.pauses, [1000, 2000, 8000, 1000], "none of 4000 between");
});

test("who is a hundred frames behind asks for the rest at once", async () => {
  const many = (count) => ["streams/k/frames", 200, body(...Array(count).fill(0))];
  assert.deepEqual((await follow([HELLO, frames(0), PAST, many(100), many(99), NOTHING])).pauses, [1000, 1000]);
});

test("a refused schema ends it: nothing is asked any more", async () => {
  const refusal = { ...GREETING, negotiated: null, verdict: "client_too_old", upgrade: { title: "x" } };
  const told = await follow([["handshake", 200, json(refusal)], NOTHING]);
  assert.deepEqual(told.states, ["refused"]);
  assert.deepEqual(told.handshakes, [refusal]);
  assert.equal(told.asked.length, 1);
});

test("a 406 and frames of another major lead to a handshake, not to a resync", async () => {
  const refusal = { ...GREETING, negotiated: null, verdict: "client_too_old" };
  const foreign = body(0);
  foreign[4] = 2;
  for (const answer of [["streams/k/frames", 406, json({ upgrade: { title: "no" } })], ["streams/k/frames", 200, foreign]]) {
    const told = await follow([HELLO, frames(0), PAST, answer, ["handshake", 200, json(refusal)], NOTHING]);
    assert.equal(told.asked.at(-1)[0], "handshake");
    assert.equal(told.states.at(-1), "refused");
  }
});

test("a server that refuses what its handshake promised is not asked without end", async () => {
  const refused = ["streams/k/frames", 406, json({ upgrade: { title: "no" } })];
  const told = await follow([HELLO, refused, HELLO, refused, HELLO, refused, HELLO, NOTHING]);
  assert.deepEqual(told.pauses.slice(0, 2), [4000, 8000]);
});

test("another version of the server is greeted anew", async () => {
  const told = await follow([HELLO, frames(0), PAST, ["streams/k/frames", 204, "", { "Phase-Schema": "1.0.1" }], HELLO, NOTHING]);
  assert.deepEqual(told.asked.map(([path]) => path).slice(3), ["streams/k/frames", "handshake", "streams/k/frames"]);
});

test("hidden pages ask for nothing; after a while they shake hands first", async () => {
  const hide = (stream) => stream.hide();
  const show = (later) => (stream, pass) => {
    pass(later);
    stream.show();
  };
  const short = await follow([HELLO, frames(0), PAST, frames(1), NOTHING], { at: { 1: hide, 2: show(5000) } });
  assert.deepEqual(short.states.slice(0, 3), ["live", "hidden", "live"]);
  assert.deepEqual(short.pauses.slice(0, 2), [1000, Infinity]);
  const long = await follow([HELLO, frames(0), PAST, HELLO, frames(1), NOTHING], { at: { 1: hide, 2: show(90_000) } });
  assert.deepEqual(long.asked.map(([path]) => path)[3], "handshake");
});

test("a stream without new frames is told apart, and so is one that does not exist", async () => {
  const silent = await follow([HELLO, frames(0), PAST, ...Array(7).fill(NOTHING)]);
  assert.equal(silent.states.at(-1), "silent");
  const absent = await follow([HELLO, ["streams/k/frames", 404, json({ detail: "there is no stream" })], NOTHING]);
  assert.deepEqual(absent.states[0], "absent: 404: there is no stream");
});
