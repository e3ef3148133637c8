// What the picture says of itself: what was left out, how sure it is, and how large its cells are, and why. Pure.

/**
 * @param {object} shown
 * @param {Record<string, any>} shown.rows the epoch's CONFIG document
 * @param {import("./grid.js").Size} shown.size
 * @param {number} shown.width of the picture in device pixels
 * @param {number} shown.height
 * @param {string} shown.reason why cells are as large; empty if that is not known yet
 */
export function caption({ rows, size, width, height, reason }) {
  const parts = [];
  if (rows.rows < rows.total) {
    parts.push(`${count(rows.rows)} of ${count(rows.total)} rows`, rows.method);
    if (rows.standard_error) parts.push(`± ${precision(rows.standard_error)}`);
  } else {
    parts.push(`all ${count(rows.total)} rows`);
  }
  parts.push("level 0", `${cellWords(size, width, height)}${reason ? ` because ${reason}` : ""}`);
  return parts.join(", ");
}

/**
 * Device pixels of a cell, each way, and what is in it.
 *
 * @param {import("./grid.js").Size} size
 * @param {number} width
 * @param {number} height
 */
export function cellWords(size, width, height) {
  const [wide, high] = [pixels(width / size.columns), pixels(height / size.rows)];
  const { rowsPerCell, framesPerColumn } = size;
  const across = [
    rowsPerCell > 1 ? `${rowsPerCell} rows` : "",
    framesPerColumn > 1 ? `${framesPerColumn} frames` : "",
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
 */
export function summary({ stream, order, seconds }) {
  const agreed = Number.isNaN(order)
    ? "their order parameter is not known"
    : `their order parameter is ${order.toFixed(2)}, ${inStep(order)} in step`;
  return `Phases of the oscillators of ${stream} over the last ${Math.round(seconds)} seconds, a row each; ${agreed}.`;
}
