// Reading history against a scripted server; the chunk is one of the golden vectors.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decodeAll } from "../../../functions/phase_heatmap/web/decode.js";
import { FrameWindow } from "../../../functions/phase_heatmap/web/frames.js";
import { epochOf, stretches } from "../../../functions/phase_heatmap/web/history.js";
import { Live } from "../../../functions/phase_heatmap/web/live.js";
import { NoHistoryError, Past, keep } from "../../../functions/phase_heatmap/web/past.js";
import { Reader, spanOf } from "../../../functions/phase_heatmap/web/reader.js";
import { readView } from "../../../functions/phase_heatmap/web/view.js";

const SECOND = 1e6;
const epoch = (number, { from = 0, frames = 1000, levels = 3 } = {}) => ({
  epoch: number, first_seq: 0, last_seq: frames - 1, t0_us: from, dt_us: SECOND, ended: false, rows: 4,
  levels: Array.from({ length: levels }, (_, level) => {
    const span = 8 * 4 ** level;
    const whole = Math.floor(frames / span);
    return { level, step_us: SECOND * 4 ** level, frames_per_chunk: span, first_chunk: whole ? 0 : null, last_chunk: whole ? whole - 1 : null };
  }),
});

test("the epoch that has most of a stretch is shown, the newer one if two have as much", () => {
  const [old, young] = [epoch(1, { from: 0 }), epoch(2, { from: 2000 * SECOND })];
  assert.equal(epochOf([young, old], 0, 500 * SECOND), old);
  assert.equal(epochOf([young, old], 900 * SECOND, 2900 * SECOND), young);
  assert.equal(epochOf([young, old], 900 * SECOND, 2100 * SECOND), young);
  assert.equal(epochOf([young, old], 1100 * SECOND, 1900 * SECOND), null);
});

test("the finest level with at most two columns for a pixel comes first, then those above", () => {
  const found = stretches(epoch(1), { fromUs: 100 * SECOND, toUs: 900 * SECOND }, 100, Infinity);
  assert.deepEqual(found.map(({ level, first, last }) => [level, first, last]), [[1, 25, 224], [2, 6, 56]]);
  assert.deepEqual(stretches(epoch(1), { fromUs: 0, toUs: 100 * SECOND }, 100, 20).map(({ level }) => level), [2], "as many as can be held");
  assert.deepEqual(stretches(epoch(1), { fromUs: 0, toUs: 1e3 * SECOND }, 1, 100).map(({ level }) => level), [2], "the coarsest, if none fits");
  const levels = (pixels) => stretches(epoch(1), { fromUs: 0, toUs: 201 * SECOND }, pixels, Infinity).map(({ level }) => level);
  assert.deepEqual([levels(101), levels(100)], [[0, 1, 2], [1, 2]], "two columns a pixel, and no more");
});

test("of a stretch that is too long to be held, such as of a mistyped year, what the epoch has of it is shown", () => {
  const given = epoch(1, { from: 1.7e15 });
  const toUs = 1.7e15 + 900 * SECOND;
  for (const fromUs of [-6.1e16, 0, 1.6e15]) {
    const [{ level, first, last }] = stretches(given, { fromUs, toUs }, 600, 5000);
    assert.deepEqual([level, first, last], [0, 0, 899], `from ${fromUs}`);
  }
  assert.deepEqual(stretches(given, { fromUs: 0, toUs }, 600, 10), [], "not even that can be held");
});

test("a stretch names its stored chunks and where the open one begins", () => {
  const [stretch] = stretches(epoch(1), { fromUs: 90 * SECOND, toUs: 1050 * SECOND }, 1000, Infinity);
  assert.deepEqual([stretch.first, stretch.last, stretch.perChunk], [90, 1049, 8]);
  assert.deepEqual([stretch.chunks[0], stretch.chunks.at(-1)], [11, 124]);
  assert.equal(stretch.tail, 1000);
  const [before] = stretches(epoch(1, { from: 1000 * SECOND }), { fromUs: 0, toUs: 1010 * SECOND }, 1000, Infinity);
  assert.deepEqual([before.first, before.chunks.at(0)], [-1000, 0], "before the epoch began there is nothing to read");
  const [young] = stretches(epoch(1, { frames: 5 }), { fromUs: 0, toUs: 5 * SECOND }, 100, Infinity);
  assert.deepEqual([young.chunks, young.tail], [[], 0]);
});

test("a picture that was held ends with its frame, whatever an address leaves of its time, and is as long as ever", () => {
  for (const more of [0, 1, 500, 999]) {
    const given = epoch(1, { from: more });
    const [held] = stretches(given, { fromUs: 470 * SECOND, toUs: 500 * SECOND, aligned: true }, 1000, Infinity);
    assert.deepEqual([held.level, held.first, held.last], [0, 471, 500], `${more} microseconds`);
  }
});

const CHUNK = new Uint8Array(readFileSync(new URL("../../vectors/phf1/chunk-16-leaky2-r-mask.phf", import.meta.url)));
const [{ header }] = [...decodeAll(CHUNK)];
const [FIRST, LAST] = [header.seq - header.nFrames + 1, header.seq];
const NUMBER = 477_218_588; // of the chunk, if one has as many columns

/** An epoch whose columns of level 0 are those of the chunk, and twenty more. */
const stored = () => ({
  epoch: header.epoch, first_seq: FIRST, last_seq: LAST + 20, t0_us: header.t0Us, dt_us: header.dtUs, ended: false, rows: header.nRows,
  levels: [{ level: 0, step_us: header.dtUs, frames_per_chunk: header.nFrames, first_chunk: NUMBER - 1, last_chunk: NUMBER }],
});

/** A server that answers by the path; tells what it was asked. */
function served(answers) {
  const asked = [];
  const fetch = async (url) => {
    const { pathname, searchParams } = new URL(url);
    asked.push([pathname, Object.fromEntries(searchParams)]);
    const answer = answers(pathname, searchParams);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { past: new Past({ base: "http://x/phase/", stream: "k" }, fetch), asked };
}
const json = (document, status = 200) => new Response(JSON.stringify(document), { status });
const NEVER = new AbortController().signal;
const endUs = header.t0Us + header.nFrames * header.dtUs;

test("chunks are read from where they lie, the open one's columns from the server", async () => {
  const { past, asked } = served((path) => {
    if (path === "/phase/streams/k") return json({ epochs: [stored()] });
    if (path.endsWith("/chunks")) return json({ chunks: [{ chunk: NUMBER, url: "http://bucket/c0" }], next: null });
    if (path === "/c0") return new Response(CHUNK);
    return new Response(null, { status: 204 });
  });
  const scene = await past.load({ fromUs: header.t0Us, toUs: endUs + 10 * header.dtUs }, 1000, NEVER);
  assert.deepEqual(asked.map(([path]) => path), ["/phase/streams/k", "/phase/streams/k/levels/0/chunks", "/c0", "/phase/streams/k/levels/0/cells"]);
  assert.ok(asked.filter(([path]) => path.startsWith("/phase/")).every(([, { schema }]) => schema === "1.0.0"));
  const [, tail] = asked.at(-1);
  assert.deepEqual([tail.first, tail.columns], [String((NUMBER + 1) * header.nFrames), "1"]);
  assert.deepEqual([scene.epoch, scene.level, scene.span, scene.seq], [header.epoch, 0, header.nFrames + 10, header.nFrames + 9]);
});

test("columns lie where their numbers say, and those outside are left out", () => {
  const stretch = { epoch: { epoch: header.epoch }, first: FIRST + 1, last: LAST - 1, framesEach: 1 };
  const frames = new FrameWindow(header.nRows, header.nFrames - 2);
  keep(frames, stretch, CHUNK);
  assert.equal(frames.timeAt(0), header.t0Us + header.dtUs);
  assert.equal(frames.newest, header.nFrames - 3);
  assert.ok(frames.resultant !== null && frames.missing !== null);
});

test("what cannot be read now is told apart from what is not there", async () => {
  const lasting = async (answers, toEnd = 0) => {
    const { past } = served(answers);
    const error = await past.load({ fromUs: header.t0Us, toUs: endUs + toEnd }, 1000, NEVER).then(() => assert.fail("it loads"), (caught) => caught);
    assert.ok(error instanceof NoHistoryError, String(error));
    return error.lasting;
  };
  assert.equal(await lasting(() => new Error("refused")), false);
  assert.equal(await lasting(() => json({ detail: "busy" }, 503)), false);
  assert.equal(await lasting(() => json({ message: "Too Many Requests" }, 429)), false);
  assert.equal(await lasting(() => json({ detail: "there is no stream" }, 404)), true);
  assert.equal(await lasting(() => json({ epochs: [] })), true);
  const endless = { ...stored(), last_seq: LAST + 1e12 };
  assert.equal(await lasting(() => json({ epochs: [endless] }), 1e12 * header.dtUs), true, "longer than can be shown");
  const damaged = CHUNK.slice();
  damaged[damaged.length - 9] ^= 1;
  assert.equal(await lasting((path) => (path.endsWith("/k") ? json({ epochs: [stored()] })
    : path.endsWith("/chunks") ? json({ chunks: [{ chunk: NUMBER, url: "http://bucket/c0" }], next: null }) : new Response(damaged))), false);
});

test("a level that is kept no longer gives way to the one above", async () => {
  const { past, asked } = served((path) => {
    if (path === "/phase/streams/k") return json({ epochs: [epoch(header.epoch, { frames: 2000 })] });
    if (path.endsWith("/levels/0/chunks")) return json({ chunks: [], next: null });
    if (path.endsWith("/levels/1/chunks")) return json({ chunks: Array.from({ length: 16 }, (_, chunk) => ({ chunk, url: "http://bucket/gone" })), next: null });
    return new Response(null, { status: path === "/gone" ? 404 : 204 });
  });
  const scene = await past.load({ fromUs: 0, toUs: 500 * SECOND }, 1000, NEVER);
  assert.equal(scene.level, 1);
  assert.ok(!asked.some(([path]) => path.endsWith("/levels/2/chunks")));
  assert.equal(scene.frames.newest, -1, "a chunk that has just gone is a gap");
});

test("a new page asks for what was before its first frame, and does without it", async () => {
  const live = new Live(30);
  const angles = new Uint8Array(header.nRows);
  const put = (seq) => live.take({ header: { ...header, seq, nFrames: 1, dtUs: SECOND, bits: 8 }, frames: { angles, resultant: null, missing: null } });
  const { begins, gap } = put(LAST + 10);
  assert.deepEqual([begins, gap], [true, [LAST + 10 - 29, LAST + 9]]);
  const { past, asked } = served((path) => (path.endsWith("/cells") ? new Response(CHUNK) : new Error("no")));
  const told = [];
  const came = (first, last) => told.push([first, last]);
  await past.fill(live, ...gap, NEVER, came);
  assert.deepEqual([asked[0][1].first, asked[0][1].last], [String(LAST - 19), String(LAST + 9)]);
  assert.equal(live.frames.oldest, FIRST);
  assert.deepEqual(told, [[LAST - 19, LAST + 9]]);
  await served(() => new Error("gone")).past.fill(live, ...gap, NEVER, came);
  assert.equal(told.length, 1);
  assert.deepEqual(put(LAST + 11).gap, null);
  assert.deepEqual(put(LAST + 20).gap, [LAST + 12, LAST + 19], "what was missed while nobody looked");
  assert.deepEqual(put(LAST + 900).gap, [LAST + 871, LAST + 899], "as far as it would be seen");
  assert.deepEqual(put(LAST + 880).gap, null, "the past that comes later");
});

/** Columns of level 0, of which an answer tells no more than three; there are none after `newest`. */
const inParts = (newest) => (path, params) => {
  if (!path.endsWith("/cells")) return json({ epochs: [stored()] });
  const [first, last] = ["first", "last"].map((name) => Number(params.get(name)));
  if (first > newest) return new Response(null, { status: 204 });
  return new Response(CHUNK, { headers: { "Phase-Columns": `${first}-${Math.min(first + 2, last, newest)}` } });
};

test("where the server answers in parts, the living picture asks for each of them, until there are no more", async () => {
  const live = new Live(30);
  live.take({ header: { ...header, seq: LAST + 1, nFrames: 1, dtUs: SECOND, bits: 8 }, frames: { angles: new Uint8Array(header.nRows), resultant: null, missing: null } });
  const { past, asked } = served(inParts(LAST - 2));
  const told = [];
  await past.fill(live, LAST - 9, LAST, NEVER, (first, last) => told.push([first, last]));
  assert.deepEqual(told, [[LAST - 9, LAST - 7], [LAST - 6, LAST - 4], [LAST - 3, LAST - 2]]);
  assert.deepEqual(asked.map(([, { first }]) => Number(first)), [LAST - 9, LAST - 6, LAST - 3, LAST - 1]);
});

test("the open chunk's columns are asked for in as many parts as there are", async () => {
  const { past, asked } = served((path, params) => (path.endsWith("/chunks") ? json({ chunks: [], next: null }) : inParts(Infinity)(path, params)));
  const tail = (NUMBER + 1) * header.nFrames;
  await past.load({ fromUs: endUs, toUs: endUs + (tail + 7 - LAST) * header.dtUs }, 1000, NEVER);
  const firsts = asked.filter(([path]) => path.endsWith("/cells")).map(([, { first }]) => Number(first) - tail);
  assert.deepEqual(firsts, [0, 3, 6]);
});

test("the newest stretch ends with the newest frame, whatever the browser's clock says", async () => {
  const frames = 20 + header.nFrames;
  for (const skewUs of [-7200e6, 0, 7200e6]) {
    const { past } = served((path) => (path.endsWith("/k") ? json({ epochs: [stored()] }) : path.endsWith("/chunks") ? json({ chunks: [], next: null }) : new Response(null, { status: 204 })));
    const toUs = header.t0Us + frames * header.dtUs + skewUs;
    const scene = await past.load({ fromUs: toUs - 5 * header.dtUs, toUs, newest: true }, 1000, NEVER);
    assert.deepEqual([scene.span, scene.endUs], [5, header.t0Us + (frames - 1) * header.dtUs], `${skewUs} microseconds`);
  }
});

/** An answer whose body breaks off. */
const cut = (status = 200) => new Response(new ReadableStream({ start: (body) => body.error(new TypeError("Failed to fetch")) }), { status });
const portal = () => new Response("<html>Please log in</html>", { headers: { "Content-Type": "text/html" } });

test("a body that breaks off, and the page of something in between, are trouble that is tried again", async () => {
  const whole = { "/phase/streams/k": () => json({ epochs: [stored()] }), chunks: () => json({ chunks: [{ chunk: NUMBER, url: "http://bucket/c0" }], next: null }),
    c0: () => new Response(CHUNK), cells: () => new Response(null, { status: 204 }) };
  const nameOf = (path) => Object.keys(whole).find((name) => path.endsWith(name));
  for (const broken of Object.keys(whole)) {
    for (const answer of [cut, portal, () => json({}), () => json(null)]) {
      const { past } = served((path) => (nameOf(path) === broken ? answer() : whole[nameOf(path)]()));
      const error = await past.load({ fromUs: header.t0Us, toUs: endUs + 10 * header.dtUs }, 1000, NEVER).then(() => null, (caught) => caught);
      assert.ok(error instanceof NoHistoryError && !error.lasting, `${broken}: ${error}`);
    }
  }
  const { past } = served(cut);
  const live = new Live(30);
  live.take({ header: { ...header, seq: 10, nFrames: 1, dtUs: SECOND, bits: 8 }, frames: { angles: new Uint8Array(header.nRows), resultant: null, missing: null } });
  await past.fill(live, 0, 9, NEVER, () => assert.fail("nothing came"));
});

/** Reads for a view until `stop` answers were told. */
async function reads(query, results, { hiddenAfter = Infinity } = {}) {
  const told = { told: [], pauses: [], spans: [] };
  const params = new URLSearchParams(query);
  const ends = new AbortController();
  const reader = new Reader({
    view: () => readView((name) => params.get(name)),
    load: async (span) => {
      told.spans.push(span);
      const result = results.shift();
      if (results.length === 0) ends.abort();
      if (result instanceof Error) throw result;
      return result;
    },
    told: (scene, trouble) => told.told.push(scene ?? trouble),
    now: () => 1_000_000,
    wait: async (ms) => void told.pauses.push(ms),
    hidden: () => told.pauses.length >= hiddenAfter,
  });
  await reader.run(ends.signal);
  return told;
}

test("a stretch that ends now is read again and again, another one once, and trouble is tried again", async () => {
  const scene = { span: 1 };
  assert.deepEqual((await reads("last=5m", [scene, scene, scene, scene])).pauses, [5000, 5000, 5000]);
  assert.deepEqual((await reads("last=1d", [scene, scene])).pauses, [300_000]);
  assert.deepEqual((await reads("from=1970-01-01T00:00:01Z&to=1970-01-01T00:00:02Z", [scene, scene])).pauses, []);
  const trouble = await reads("at=1970-01-01T00:10:00Z", [new NoHistoryError("busy", false), scene, scene]);
  assert.deepEqual([trouble.told, trouble.pauses], [["busy", scene], [5000]]);
  assert.deepEqual(trouble.spans[0], { fromUs: 570e6, toUs: 600e6, aligned: true });
  assert.deepEqual((await reads("at=1970-01-01T00:10:00Z", [new NoHistoryError("none", true), scene])).pauses, []);
  assert.deepEqual((await reads("last=5m", [scene, scene, scene], { hiddenAfter: 1 })).spans.length, 1);
  assert.deepEqual(spanOf(readView((name) => (name === "last" ? "5m" : null)), 1e6), { fromUs: 700e6, toUs: 1000e6, newest: true });
});

test("what was to be tried again while nobody looked is read when somebody does", async () => {
  let hidden = true;
  const [told, waits] = [[], []];
  const results = [new NoHistoryError("busy", false), { span: 1 }];
  const reader = new Reader({
    view: () => readView((name) => ({ from: "1970-01-01T00:00:01Z", to: "1970-01-01T00:00:02Z" })[name] ?? null),
    load: async () => {
      const result = results.shift();
      if (result instanceof Error) throw result;
      return result;
    },
    told: (scene, trouble) => told.push(scene ?? trouble),
    now: () => 0,
    wait: async (ms) => void waits.push(ms),
    hidden: () => hidden,
  });
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  reader.start();
  await settled();
  assert.deepEqual([told, waits], [["busy"], [5000]]);
  hidden = false;
  reader.seen();
  await settled();
  assert.deepEqual([told, reader.reading], [["busy", { span: 1 }], false]);
  reader.seen();
  await settled();
  assert.equal(told.length, 2, "it is there: nothing to read again");
});

test("whatever goes wrong is told, and then the reading is over", async () => {
  const reader = new Reader({
    view: () => readView((name) => (name === "last" ? "5m" : null)),
    load: async () => { throw new RangeError("Invalid typed array length"); },
    told: (scene, trouble) => assert.deepEqual([scene, trouble], [null, "Invalid typed array length"]),
    now: () => 0,
    wait: async () => assert.fail("a fault of ours is not tried again"),
    hidden: () => false,
  });
  reader.reading = true;
  await assert.rejects(reader.run(NEVER), RangeError);
  assert.equal(reader.reading, false);
});
