// What a point of the picture shows, in numbers and words. Pure.

import { clock, dayClock } from "./clock.js";
import { count } from "./caption.js";
import { fillExactly } from "./grid.js";
import { timeIn } from "./scene.js";

/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {import("./grid.js").Size} Size */
/**
 * @typedef {object} Reading
 * @property {number} column of cells from the left, counted from 0
 * @property {number} row of cells from the top
 * @property {number} firstRow of the stream's rows in the cell, counted from 1
 * @property {number} lastRow
 * @property {number} us the time of its first frame
 * @property {number} order r of all oscillators then, NaN if it is not known
 * @property {number | null} angle in 256ths of a turn; null if the cell has no data
 * @property {number} coherence R from 0 to 1
 */

/**
 * @param {Scene} scene
 * @param {Size} size
 * @param {number} seq the frame at the right edge
 * @param {number} column
 * @param {number} row
 * @returns {Reading}
 */
export function read(scene, size, seq, column, row) {
  const { firstRow = 0, endRow = scene.frames.rows, framesPerColumn } = size;
  const index = Math.floor(seq / framesPerColumn) - size.columns + 1 + column;
  const cells = new Uint8Array(2 * size.rows);
  if (index >= 0) fillExactly(scene.frames, size, index, seq, cells);
  const start = firstRow + row * size.rowsPerCell;
  const first = Math.max(index * framesPerColumn, 0);
  const coherence = cells[2 * row + 1];
  return {
    column,
    row,
    firstRow: start + 1,
    lastRow: Math.min(start + size.rowsPerCell, endRow),
    us: timeIn(scene, index * framesPerColumn),
    order: scene.frames.orderAt(first),
    angle: coherence === 0 ? null : cells[2 * row],
    coherence: coherence === 0 ? 0 : (coherence - 1) / 254,
  };
}

/** Below this the rows of a cell point everywhere, and its angle is chance. */
const NO_DIRECTION = 0.05;

/**
 * The reading as lines: when, who, and what.
 *
 * @param {Reading} reading
 * @param {Scene} scene
 * @returns {[string, string, string]}
 */
export function words(reading, scene) {
  const { us, order, angle, coherence } = reading;
  const time = scene.stepUs < 1e6 ? clock(us, 1) : scene.stepUs < 60e6 ? clock(us) : dayClock(us);
  const when = Number.isNaN(order) ? time : `${time}, r ${order.toFixed(2)}`;
  return [when, rowWords(reading, scene.rows), angle === null ? "no data" : angleWords(angle, coherence)];
}

/** @param {number} angle @param {number} coherence */
function angleWords(angle, coherence) {
  const R = `R ${coherence.toFixed(2)}`;
  if (coherence < NO_DIRECTION) return `no common phase, ${R}`;
  const turn = angle / 256;
  return `${(2 * Math.PI * turn).toFixed(2)} rad (${Math.round(360 * turn)}°), ${R}`;
}

/** @param {Reading} reading @param {Record<string, any>} rows the CONFIG document, of which `index` may be missing */
function rowWords({ firstRow, lastRow }, { index, strata }) {
  if (lastRow > firstRow) return `rows ${count(firstRow)} to ${count(lastRow)}`;
  const parts = [`row ${count(firstRow)}`];
  const place = index?.[firstRow - 1];
  if (typeof place === "number") parts.push(`oscillator ${count(place + 1)}`);
  const group = strata?.[firstRow - 1];
  if (typeof group === "number") parts.push(`group ${group + 1}`);
  return parts.join(", ");
}
