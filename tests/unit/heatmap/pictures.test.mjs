// From frames to cells and colours: the page's pure modules.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ANGLES, FADES, circle, table, toRgb, wheel } from "../../../functions/phase_heatmap/web/colours.js";
import { caption, cellWords, summary } from "../../../functions/phase_heatmap/web/caption.js";
import { FrameWindow } from "../../../functions/phase_heatmap/web/frames.js";
import { CELLS, MOST_CELLS, fillColumn, levelsOf, sizesOf } from "../../../functions/phase_heatmap/web/grid.js";
import { Playout } from "../../../functions/phase_heatmap/web/playout.js";

const TURN = 256;

/** Frames of 8 bits, each a list of angles in 256ths; R and missing likewise. */
function windowOf(frames, { first = 0, capacity = 64, resultant = null, missing = null } = {}) {
  const rows = frames[0].length;
  const window = new FrameWindow(rows, capacity);
  const cells = {
    angles: Uint8Array.from(frames.flat()),
    resultant: resultant && Uint8Array.from(resultant.flat()),
    missing: missing && Uint8Array.from(missing.flat()),
  };
  frames.forEach((_, t) => window.put(first + t, 1e6 * t, cells, t, 8));
  return window;
}

const SINGLE = { rowsPerCell: 1, framesPerColumn: 1, columns: 8, cell: 1, resolution: 1 };
function column(window, index, { rowsPerCell = 1, framesPerColumn = 1, last = window.newest } = {}) {
  const rows = Math.ceil(window.rows / rowsPerCell);
  const out = new Uint8Array(2 * rows);
  fillColumn(window, { ...SINGLE, rowsPerCell, framesPerColumn, rows, cells: 8 * rows }, index, last, out);
  return Array.from({ length: rows }, (_, i) => [out[2 * i], out[2 * i + 1]]);
}

test("sizes get coarser, hold every row, and stay within the cap and the texture", () => {
  for (const [width, height, rows, frames, most] of [
    [1136, 486, 1000, 300, 8192], [390, 300, 4096, 1800, 4096], [3840, 2160, 8192, 20000, 8192], [7680, 4320, 8192, 9000, 16384],
    [40, 30, 7, 3, 8192], [1, 1, 1, 1, 2048],
  ]) {
    const sizes = sizesOf({ width, height, rows, frames, most });
    assert.ok(sizes.length >= 1);
    sizes.forEach((size, i) => {
      assert.ok(size.cells <= MOST_CELLS && size.rows <= most && size.columns <= most);
      assert.ok(size.rows * size.rowsPerCell >= rows && size.columns * size.framesPerColumn >= frames, "nothing is left out");
      assert.ok(size.rows <= Math.max(1, height) && size.columns <= Math.max(1, width), "no cell is less than a pixel");
      if (i) assert.ok(size.cells < sizes[i - 1].cells);
    });
  }
  const [finest, ...others] = sizesOf({ width: 4000, height: 1000, rows: 8192, frames: 4000, most: 8192 });
  assert.deepEqual([finest.cell, finest.resolution, others.at(-1).resolution], [1, 1, 0.2]);
  assert.equal(CELLS.at(-1), 5);
});

test("columns of higher levels are fewer and hold whole multiples of frames, and rows alone fill the picture", () => {
  const view = { width: 1200, height: 500, rows: 1000, frames: 900, most: 8192 };
  const coarsest = sizesOf(view).at(-1);
  const levels = levelsOf(view, coarsest);
  assert.deepEqual(levels.map(({ level, framesPerColumn, columns }) => [level, framesPerColumn, columns]), [[1, 8, 113], [2, 16, 57]]);
  assert.ok(levels.every(({ cells }, i) => cells < (levels[i - 1] ?? coarsest).cells));
  assert.deepEqual(levelsOf({ ...view, frames: 40 }, sizesOf({ ...view, frames: 40 }).at(-1)), [], "too few columns would be left");
  const [zoomed] = sizesOf({ ...view, firstRow: 100, endRow: 300 });
  assert.deepEqual([zoomed.rows, zoomed.rowsPerCell, zoomed.firstRow, zoomed.endRow], [200, 1, 100, 300]);
  const window = windowOf([[10, 20, 30, 40]]);
  const out = new Uint8Array(4);
  fillColumn(window, { ...SINGLE, rows: 2, cells: 2, firstRow: 1, endRow: 3 }, 0, 0, out);
  assert.deepEqual([...out], [20, 255, 30, 255]);
});

test("a cell is the mean vector, across the wrap too", () => {
  assert.deepEqual(column(windowOf([[0, 64, 128, 255]]), 0), [[0, 255], [64, 255], [128, 255], [255, 255]]);
  const [[angle, coherence]] = column(windowOf([[250, 6]]), 0, { rowsPerCell: 2 });
  assert.equal(angle, 0, "the mean of just before and just after 0 is 0");
  assert.ok(coherence > 250);
  assert.ok(column(windowOf([[0, 128]]), 0, { rowsPerCell: 2 })[0][1] <= 2, "opposite phases leave no direction");
  const over = column(windowOf([[10, 0], [20, 128], [30, 0], [40, 128]]), 0, { framesPerColumn: 4 });
  assert.equal(over[0][0], 25);
  assert.ok(over[1][1] <= 2);
});

test("R that came with the frames fades a cell, and missing ones leave it out", () => {
  assert.deepEqual(column(windowOf([[9, 9]], { resultant: [[255, 51]] }), 0), [[9, 255], [9, 52]]);
  const gaps = windowOf([[9, 70, 9, 70]], { missing: [[1, 0, 1, 1]] });
  assert.deepEqual(column(gaps, 0), [[0, 0], [70, 255], [0, 0], [0, 0]]);
  assert.deepEqual(column(gaps, 0, { rowsPerCell: 2 }), [[70, 255], [0, 0]]);
});

test("frames that did not come are gaps, those past the playhead too", () => {
  const window = windowOf([[1], [2], [3]], { first: 10 });
  assert.deepEqual(column(window, 9), [[0, 0]]);
  assert.deepEqual(column(window, 12), [[3, 255]]);
  assert.deepEqual(column(window, 12, { last: 11 }), [[0, 0]]);
  assert.deepEqual(column(window, 3, { framesPerColumn: 4 }), [[3, 255]], "12 is here; 13, 14 and 15 are not");
});

test("the window keeps the newest frames, and angles to the nearest 256th", () => {
  const window = windowOf(Array.from({ length: 20 }, (_, i) => [i]), { capacity: 8 });
  assert.deepEqual([window.oldest, window.newest], [12, 19]);
  assert.deepEqual([window.at(11), window.at(12) >= 0, window.at(20), window.at(-1)], [-1, true, -1, -1]);
  window.put(3, 0, { angles: Uint8Array.of(77), resultant: null, missing: null }, 0, 8);
  assert.equal(window.angles[window.at(19)], 19, "a late frame does not take the place of a newer one");
  for (const [bits, angle, kept] of [[16, 65535, 0], [16, 127, 0], [16, 128, 1], [12, 4088, 0], [12, 23, 1], [12, 24, 2]]) {
    window.put(20, 0, { angles: Uint16Array.of(angle), resultant: null, missing: null }, 0, bits);
    assert.equal(window.angles[window.at(20)], kept, `${angle} of ${bits} bits`);
  }
  window.putOrder(18, [0.25, null]);
  assert.deepEqual([window.orderAt(18), window.orderAt(19), window.orderAt(17)], [0.25, NaN, NaN]);
});

/** As people with a kind of colour blindness see linear RGB (G. Machado and others, 2009, severity 1). */
const BLIND = {
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
const held = (x) => Math.min(Math.max(x, 0), 1);
const linearOf = (byte) => (byte / 255 <= 0.04045 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
function labOf([r, g, b]) {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    2 * (1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s),
    2 * (0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s),
  ];
}
const apart = (p, q) => Math.hypot(...p.map((x, i) => x - q[i]));

test("the map goes round evenly, fits the screen's colours, and opposite angles differ for everyone", () => {
  const colours = circle();
  assert.equal(colours.length, ANGLES);
  const doubled = colours.map(([L, a, b]) => [L, 2 * a, 2 * b]);
  const steps = doubled.map((each, i) => apart(each, doubled[(i + 1) % TURN]));
  assert.ok(Math.max(...steps) / Math.min(...steps) < 1.02, "no false edge");
  const seen = colours.map((lab) => toRgb(lab).map(linearOf));
  for (const [name, rows] of Object.entries(BLIND)) {
    const blind = seen.map((rgb) => labOf(rows.map((row) => held(row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2]))));
    const least = Math.min(...blind.map((each, i) => apart(each, blind[(i + TURN / 2) % TURN])));
    assert.ok(least > 0.38, `${name}: opposite angles are ${least} apart`);
  }
  seen.forEach((rgb, i) => assert.ok(apart(labOf(rgb), doubled[i]) < 0.02, `angle ${i} is outside of sRGB`));
});

test("the table fades to one grey", () => {
  const all = table();
  const at = (fade, angle) => [...all.subarray(4 * (TURN * fade + angle), 4 * (TURN * fade + angle) + 4)];
  assert.equal(all.length, 4 * ANGLES * FADES);
  for (let angle = 0; angle < TURN; angle += 16) {
    assert.deepEqual(at(0, angle), at(0, 0));
    assert.deepEqual(at(15, angle), [...toRgb(circle()[angle]), 255]);
  }
  const [red, green, blue] = at(0, 0);
  assert.ok(Math.max(red, green, blue) - Math.min(red, green, blue) <= 1);
  assert.match(wheel(), /^conic-gradient\(from 90deg, rgb/);
});

test("frames are shown one by one, whether they come in batches or late", () => {
  const playout = new Playout();
  let [newest, shown, steps] = [9, -1, []];
  for (let ms = 0; ms < 30_000; ms += 20) {
    if (ms % 1000 === 0) newest += 10;
    const seq = playout.advance(20, newest, 100_000);
    if (shown >= 0) steps.push(seq - shown);
    shown = seq;
    assert.ok(seq <= newest);
  }
  assert.ok(steps.every((step) => step === 0 || step === 1), "never two at once, never back");
  assert.ok(newest - shown < 25 && newest - shown > 2, `${newest - shown} behind`);
  const before = shown;
  assert.equal(playout.advance(20, newest + 500, 100_000), newest + 500 - 13, "after a long silence it jumps");
  assert.ok(before < newest);
  assert.equal(playout.advance(20, newest + 510, 100_000, false), newest + 510, "without motion all is shown at once");
  playout.reset();
  assert.equal(playout.advance(20, -1, 100_000), -1);
});

test("the caption tells of chosen rows, of levels, and of frames that are not drawn", () => {
  const size = { cell: 1, resolution: 1, rowsPerCell: 1, framesPerColumn: 2, columns: 500, rows: 100, cells: 50_000, firstRow: 100, endRow: 200 };
  const rows = { rows: 1000, total: 5000, method: "stratified", standard_error: 0.02 };
  const shown = { rows, size, width: 1000, height: 500, reason: "" };
  assert.equal(
    caption({ ...shown, level: 2, stepUs: 1.6e6 }),
    "1,000 of 5,000 rows, stratified, ± 0.02, rows 101 to 200 shown, level 2 of 1.6 s a column, 2 × 5 px cells of 2 columns",
  );
  assert.match(caption({ ...shown, size: { ...size, level: 1 }, every: 4 }), /, level 1, every 4th frame, 2 × 5 px cells of 2 frames$/);
});

test("the caption says what was left out, how sure it is, and why cells are as large", () => {
  const size = { cell: 2, resolution: 0.5, rowsPerCell: 4, framesPerColumn: 1, columns: 500, rows: 250, cells: 125_000 };
  const rows = { rows: 1000, total: 100_000, method: "stratified", standard_error: 0.0222 };
  assert.equal(
    caption({ rows, size, width: 1000, height: 500, reason: "a frame takes 9.0 of 16.7 ms" }),
    "1,000 of 100,000 rows, stratified, ± 0.02, level 0, 2 px cells of 4 rows because a frame takes 9.0 of 16.7 ms",
  );
  const all = { rows: 12, total: 12, method: "all", standard_error: 0 };
  const small = { ...size, rowsPerCell: 1, framesPerColumn: 2, rows: 12, columns: 300 };
  assert.equal(caption({ rows: all, size: small, width: 1000, height: 500, reason: "" }), "all 12 rows, level 0, 3.3 × 42 px cells of 2 frames");
  assert.equal(cellWords(size, 1000, 1000), "2 × 4 px cells of 4 rows");
  assert.match(summary({ stream: "k", order: 0.91, seconds: 30 }), /of k over the last 30 seconds.*0\.91, mostly in step/);
  assert.match(summary({ stream: "k", order: NaN, seconds: 30 }), /is not known/);
});
