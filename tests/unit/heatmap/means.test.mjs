// The fast way to the cells of a column gives what vectors give that are added one by one.

import assert from "node:assert/strict";
import test from "node:test";

import { FrameWindow } from "../../../functions/phase_heatmap/web/frames.js";
import { fillColumn } from "../../../functions/phase_heatmap/web/grid.js";

let state = 1;
const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;

/** Rows that turn around common directions, more or less closely. */
function frames(rows, count, spread) {
  const window = new FrameWindow(rows, count);
  for (let seq = 0; seq < count; seq++) {
    const angles = Uint8Array.from({ length: rows }, (_, row) => (row >> 3) * 40 + seq * 3 + (random() - 0.5) * spread);
    window.put(seq, seq, { angles, resultant: null, missing: null }, 0, 8);
  }
  return window;
}

function mean(window, rows, seqs) {
  let [x, y, n] = [0, 0, 0];
  for (const seq of seqs) {
    for (const row of rows) {
      const angle = (window.angles[window.at(seq) + row] * Math.PI) / 128;
      [x, y, n] = [x + Math.cos(angle), y + Math.sin(angle), n + 1];
    }
  }
  return { angle: (((Math.atan2(y, x) * 128) / Math.PI) + 256) % 256, length: Math.hypot(x, y) / n };
}

const range = (first, end) => Array.from({ length: end - first }, (_, i) => first + i);

test("means of plain phases, of few and of thousands", () => {
  for (const spread of [0, 12, 90, 256]) {
    for (const [rows, rowsPerCell, framesPerColumn] of [[37, 1, 2], [37, 5, 1], [64, 3, 4], [64, 64, 15], [64, 64, 40]]) {
      const window = frames(rows, 2 * framesPerColumn, spread);
      for (const [firstRow, endRow] of [[0, rows], [7, 30]]) {
        const cellRows = Math.ceil((endRow - firstRow) / rowsPerCell);
        const size = { rowsPerCell, framesPerColumn, rows: cellRows, firstRow, endRow };
        for (const last of [2 * framesPerColumn - 1, framesPerColumn]) { // a column that has all its frames, and one that has one
          const cells = new Uint8Array(2 * cellRows);
          fillColumn(window, size, 1, last, cells);
          for (let cell = 0; cell < cellRows; cell++) {
            const from = firstRow + cell * rowsPerCell;
            const told = mean(window, range(from, Math.min(from + rowsPerCell, endRow)), range(framesPerColumn, last + 1));
            const where = JSON.stringify({ spread, rowsPerCell, framesPerColumn, firstRow, last, cell });
            assert.ok(Math.abs(cells[2 * cell + 1] - (1 + 254 * told.length)) <= 2.5, `R of ${where}: ${cells[2 * cell + 1]} and ${told.length}`);
            const off = Math.abs(cells[2 * cell] - told.angle);
            assert.ok(Math.min(off, 256 - off) <= 0.75 + 0.25 / told.length, `angle of ${where}: ${cells[2 * cell]} and ${told.angle}`);
          }
        }
      }
    }
  }
});

test("a column without any frame is a gap", () => {
  const cells = new Uint8Array(20).fill(9);
  fillColumn(frames(10, 4, 10), { rowsPerCell: 1, framesPerColumn: 2, rows: 10, firstRow: 0, endRow: 10 }, 9, 99, cells);
  assert.deepEqual([...cells], Array(20).fill(0));
});
