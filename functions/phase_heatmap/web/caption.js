// What the picture says of itself: what was left out, how sure it is, and how large its cells are, and why. Pure.

import { length } from "./clock.js";

/**
 * @param {object} shown
 * @param {Record<string, any>} shown.rows the epoch's CONFIG document
 * @param {import("./grid.js").Size} shown.size
 * @param {number} shown.width of the picture in device pixels
 * @param {number} shown.height
 * @param {string} shown.reason why cells are as large; empty if that is not known yet
 * @param {number} [shown.every] of the frames, one in so many is drawn
 * @param {number} [shown.level] of history
 * @param {number} [shown.stepUs] what a column of that level stands for
 */
export function caption({ rows, size, width, height, reason, every = 1, level = 0, stepUs = 0 }) {
  const parts = [];
  if (rows.rows < rows.total) {
    parts.push(`${count(rows.rows)} of ${count(rows.total)} rows`, rows.method);
    if (rows.standard_error) parts.push(`± ${precision(rows.standard_error)}`);
  } else {
    parts.push(`all ${count(rows.total)} rows`);
  }
  const { firstRow = 0, endRow = rows.rows } = size;
  if (endRow - firstRow < rows.rows) parts.push(`rows ${count(firstRow + 1)} to ${count(endRow)} shown`);
  parts.push(`level ${level + (size.level ?? 0)}${level > 0 ? ` of ${length(stepUs)} a column` : ""}`);
  if (every > 1) parts.push(`every ${every === 2 ? "2nd" : `${every}th`} frame`);
  parts.push(`${cellWords(size, width, height, level > 0 ? "columns" : "frames")}${reason ? ` because ${reason}` : ""}`);
  return parts.join(", ");
}

/**
 * Device pixels of a cell, each way, and what is in it.
 *
 * @param {import("./grid.js").Size} size
 * @param {number} width
 * @param {number} height
 * @param {string} [unit] what goes into a cell from left to right
 */
export function cellWords(size, width, height, unit = "frames") {
  const [wide, high] = [pixels(width / size.columns), pixels(height / size.rows)];
  const { rowsPerCell, framesPerColumn } = size;
  const across = [
    rowsPerCell > 1 ? `${rowsPerCell} rows` : "",
    framesPerColumn > 1 ? `${framesPerColumn} ${unit}` : "",
  ].filter(Boolean);
  return `${wide === high ? wide : `${wide} × ${high}`} px cells${across.length ? ` of ${across.join(" and ")}` : ""}`;
}

/** With commas, as in 100,000. @param {number} n */
export function count(n) {
  return n.toLocaleString("en");
}

/** @param {number} n */
function pixels(n) {
  return n < 9.95 ? String(Number(n.toFixed(1))) : n.toFixed(0);
}

/** @param {number} order */
function inStep(order) {
  return order > 0.7 ? "mostly" : order > 0.3 ? "partly" : "hardly";
}

/** Two digits below 0.1 are enough for an error. @param {number} error */
function precision(error) {
  return error >= 0.01 ? error.toFixed(2) : error.toPrecision(1);
}

/**
 * The whole picture in a sentence, for who does not see it.
 *
 * @param {object} shown
 * @param {string} shown.stream
 * @param {number} shown.order r of all oscillators, NaN if it is not known
 * @param {number} shown.seconds from the left edge to the right one
 * @param {boolean} [shown.ended] whether it stands still
 */
export function summary({ stream, order, seconds, ended = false }) {
  const agreed = Number.isNaN(order)
    ? "their order parameter is not known"
    : `their order parameter is ${order.toFixed(2)}, ${inStep(order)} in step`;
  const time = seconds < 600 ? `${Math.round(seconds)} seconds` : length(seconds * 1e6);
  const over = ended ? `over ${time}` : `over the last ${time}`;
  return `Phases of the oscillators of ${stream} ${over}, a row each; ${agreed}${ended ? " at the end" : ""}.`;
}

/** What of it is worth a word of its own when it changes. @param {number} order */
export function outline(order) {
  return Number.isNaN(order) ? "" : `The oscillators are ${inStep(order)} in step.`;
}
