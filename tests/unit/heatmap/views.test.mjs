// What is looked at: its form in an address, its rows, and what a point of it says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { axisTime, clock, fieldTime, length, stretch } from "../../../functions/phase_heatmap/web/clock.js";
import { FrameWindow } from "../../../functions/phase_heatmap/web/frames.js";
import { keyFor } from "../../../functions/phase_heatmap/web/keys.js";
import { read, words } from "../../../functions/phase_heatmap/web/readout.js";
import { rowsIn, timeIn, zoomed } from "../../../functions/phase_heatmap/web/scene.js";
import { timeWords } from "../../../functions/phase_heatmap/web/telling.js";
import { readView, writeView } from "../../../functions/phase_heatmap/web/view.js";
import { Voice } from "../../../functions/phase_heatmap/web/voice.js";

const viewOf = (query) => {
  const params = new URLSearchParams(query);
  return readView((name) => params.get(name));
};
const addressOf = (view, query = "") => {
  const params = new URLSearchParams(query);
  writeView(view, params);
  return params.toString();
};

test("a view goes into an address and comes back the same", () => {
  for (const query of [
    "stream=k",
    "stream=k&seconds=60&renderer=canvas&rows=101-200",
    "stream=a+b%2Fc&at=2026-03-01T09%3A30%3A00.125Z",
    "stream=k&rows=1-1&last=6h",
    "stream=k&from=2026-03-01T08%3A00%3A00.000Z&to=2026-03-01T09%3A00%3A00.000Z",
  ]) assert.equal(addressOf(viewOf(query)), query);
});

test("what others have in the address stays, and what is no longer so goes", () => {
  const view = { ...viewOf("stream=k"), time: { kind: "last", name: "1h" } };
  assert.equal(addressOf(view, "fresh=b1&at=2026-03-01T09:30:00Z&stream=old"), "fresh=b1&stream=k&last=1h");
});

test("what cannot be read is as if it were not there", () => {
  const usual = viewOf("stream=k");
  assert.deepEqual(usual, { stream: "k", seconds: 30, renderer: "auto", rows: null, time: { kind: "live" } });
  for (const query of ["seconds=x", "renderer=vulkan", "rows=5-2", "rows=0-2", "rows=-1", "at=yesterday", "last=7h", "from=2026-03-01T08:00:00Z", "from=2026-03-01T08:00:00Z&to=2026-03-01T07:00:00Z"]) {
    assert.deepEqual(viewOf(`stream=k&${query}`), usual, query);
  }
  assert.deepEqual([viewOf("seconds=1").seconds, viewOf("seconds=9999").seconds], [5, 600]);
});

test("rows that there are not are left out, and a zoom stays within those that there are", () => {
  assert.deepEqual(rowsIn(null, 1000), [0, 1000]);
  assert.deepEqual(rowsIn([101, 200], 1000), [100, 200]);
  assert.deepEqual(rowsIn([901, 2000], 1000), [900, 1000]);
  assert.deepEqual(rowsIn([1001, 2000], 1000), [0, 1000]);
  assert.deepEqual(zoomed([0, 1000], 1000, 500, 0.5), [251, 750]);
  assert.deepEqual(zoomed([0, 1000], 1000, 0, 0.5), [1, 500]);
  assert.deepEqual(zoomed([900, 1000], 1000, 999, 2), [801, 1000]);
  assert.deepEqual(zoomed([3, 4], 1000, 3, 0.5), [4, 4], "one row stays one");
  assert.equal(zoomed([100, 700], 1000, 400, 2), null, "all rows");
});

test("keys do what the help says, and no more", () => {
  const press = (key, more = {}) => keyFor({ key, shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, ...more });
  assert.deepEqual(press("ArrowLeft"), { kind: "move", columns: -1, rows: 0 });
  assert.deepEqual(press("ArrowDown", { shiftKey: true }), { kind: "move", columns: 0, rows: 10 });
  assert.deepEqual([press(" "), press("Escape")], [{ kind: "hold" }, { kind: "hide" }]);
  assert.deepEqual([press("+").factor, press("-").factor, press("0").factor], [0.5, 2, Infinity]);
  for (const other of [press("a"), press("Tab"), press("+", { ctrlKey: true }), press("0", { metaKey: true }), press("constructor")]) {
    assert.equal(other, null);
  }
});

/** Ten frames of 100 ms, from number 40 on, of two rows. */
function sceneOf({ seq = null } = {}) {
  const frames = new FrameWindow(2, 16);
  for (let i = 0; i < 10; i++) frames.put(40 + i, 1e12 + 1e5 * i, { angles: Uint8Array.of(64, 128 * (i % 2)), resultant: null, missing: null }, 0, 8);
  frames.putOrder(40, Array(10).fill(0.5));
  const rows = { index: [6, 41_232], strata: [0, 1] };
  return { frames, seq, span: 10, stepUs: 1e5, level: 0, epoch: 7, rows, endUs: 0 };
}

test("a point says when, which oscillator, its angle and R", () => {
  const size = { cell: 1, resolution: 1, rowsPerCell: 1, framesPerColumn: 2, columns: 5, rows: 2, cells: 10 };
  const top = read(sceneOf(), size, 49, 4, 0);
  assert.deepEqual([top.firstRow, top.us, top.angle, top.coherence, top.order], [1, 1e12 + 8e5, 64, 1, 0.5]);
  assert.deepEqual(words(top, sceneOf()).slice(1), ["row 1, oscillator 7, group 1", "1.57 rad (90°), R 1.00"]);
  assert.match(words(top, sceneOf())[0], /^\d\d:\d\d:40\.8, r 0\.50$/);
  const bottom = read(sceneOf(), size, 49, 0, 1);
  assert.equal(bottom.us, 1e12);
  assert.deepEqual(words(bottom, sceneOf()).slice(1), ["row 2, oscillator 41,233, group 2", "no common phase, R 0.00"]);
  const both = read(sceneOf(), { ...size, rowsPerCell: 2, rows: 1, cells: 5 }, 49, 0, 0);
  assert.equal(words(both, sceneOf())[1], "rows 1 to 2");
});

test("where there is no data, a point still has its time", () => {
  const size = { cell: 1, resolution: 1, rowsPerCell: 1, framesPerColumn: 1, columns: 20, rows: 2, cells: 40 };
  const before = read(sceneOf(), size, 49, 5, 0);
  assert.deepEqual([before.angle, before.us, Number.isNaN(before.order)], [null, 1e12 - 5e5, true]);
  assert.equal(words(before, sceneOf())[2], "no data");
  assert.equal(timeIn({ ...sceneOf({ seq: 60 }), endUs: 2e12 }, 58), 2e12 - 2e5);
});

test("rows of a zoom are named as they are counted in the whole", () => {
  const size = { cell: 1, resolution: 1, rowsPerCell: 1, framesPerColumn: 1, columns: 10, rows: 1, cells: 10, firstRow: 1, endRow: 2 };
  const found = read(sceneOf(), size, 49, 9, 0);
  assert.deepEqual([found.firstRow, found.lastRow, found.angle], [2, 2, 128]);
});

test("marks of an axis differ, however short it is", () => {
  for (const span of [1e6, 8e6, 60e6, 86_400e6]) {
    const marks = [0, 1, 2, 3].map((i) => axisTime(1.7e15 + (i * span) / 3, span));
    assert.equal(new Set(marks).size, 4, `${marks} of ${span / 1e6} s`);
  }
});

test("times are cut, never rounded up to the next minute", () => {
  assert.match(clock(59_999_000, 1), /:59\.9$/);
  assert.match(clock(5_040_000, 1), /:05\.0$/);
  assert.deepEqual([400_000, 6_400_000, 300e6, 7200e6].map(length), ["0.4 s", "6.4 s", "5 min", "2 h"]);
  assert.match(stretch(0, 120e6, 0), /^\d\d:\d\d:00 to \d\d:\d\d:00$/);
  assert.match(stretch(0, 3600e6, 1e15), /^1970-01-01 \d\d:\d\d to \d\d:\d\d$/);
});

test("history that ends at another time than now says when, and a moment of another day its day", () => {
  const last = readView((name) => (name === "last" ? "5m" : null));
  const words = (endUs) => timeWords(last, 1e15, { seq: 1, endUs });
  assert.equal(words(1e15 - 50e6), "The last 5 minutes");
  assert.match(words(1e15 - 7200e6), /^The last 5 minutes, to \d\d:\d\d:\d\d$/);
  assert.match(words(1e15 + 90_000e6), /^The last 5 minutes, to 2001-09-1\d \d\d:\d\d$/);
  const at = (iso) => timeWords(readView((name) => (name === "at" ? iso : null)), 1e15, null);
  assert.match(at("2031-05-05T10:00:00Z"), /^Paused at 2031-05-0\d/);
});

test("a screen reader hears the last move, and the picture in outline at most twice a minute", () => {
  const heard = [];
  let [now, timers] = [0, new Map()];
  const voice = new Voice((said) => heard.push(said), {
    now: () => now,
    later: (done) => timers.set(timers.size + 1, done).size,
    cancel: (timer) => timers.delete(timer),
  });
  for (const move of ["a", "b", "c"]) {
    voice.answer(move);
    assert.ok(timers.size <= 1);
  }
  for (const done of timers.values()) done();
  assert.deepEqual(heard, ["c"]);
  for (; now < 120_000; now += 250) voice.summary(now < 60_000 ? `hardly ${now}` : "mostly");
  assert.equal(heard.length, 1 + 3);
  assert.equal(heard.at(-1), "mostly");
});
