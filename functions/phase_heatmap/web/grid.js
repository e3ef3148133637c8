// From frames to the cells of the picture: which sizes there are, and what each cell shows. Pure.
//
// A cell is the mean vector of some rows over some frames: its direction is the angle, its length the coherence R. The
// mean of angles themselves would be wrong where they wrap. As many rows go into each cell as into any other, and
// columns start at multiples of their frames, so that a cell stays as it is once its frames have come.

/** @typedef {import("./frames.js").FrameWindow} FrameWindow */
/**
 * @typedef {object} Size
 * @property {number} cell device pixels that a cell has at least, each way
 * @property {number} resolution the same as a share of the screen's, 1.0 to 0.2
 * @property {number} rowsPerCell
 * @property {number} framesPerColumn
 * @property {number} columns
 * @property {number} rows of cells
 * @property {number} cells in all
 * @property {number} [firstRow] the first of the stream's rows that is shown, counted from 0; the first of all if left out
 * @property {number} [endRow] the one after the last; after the last of all if left out
 * @property {number} [level] of the columns: each has at least 4**level frames
 */
/**
 * @typedef {object} View
 * @property {number} width in device pixels
 * @property {number} height in device pixels
 * @property {number} rows of the stream
 * @property {number} [firstRow] the first that is shown, counted from 0
 * @property {number} [endRow] the one after the last that is shown
 * @property {number} frames from the left edge to the right one
 * @property {number} most cells each way that the renderer can hold
 */

/** Device pixels of a cell, from the finest on. */
export const CELLS = [1, 1.25, 1.5, 2, 2.5, 3, 4, 5];

/** What the backing store may hold on any display. */
export const MOST_CELLS = 4_400_000;

/**
 * The sizes that differ in a view, finest first; at least one.
 *
 * @param {View} view
 * @returns {Size[]}
 */
export function sizesOf(view) {
  /** @type {Size[]} */
  const sizes = [];
  for (const cell of CELLS) {
    const size = sizeOf(view, cell);
    const last = sizes.at(-1);
    if (size.cells <= MOST_CELLS && (last === undefined || size.cells < last.cells)) sizes.push(size);
  }
  // A wall of screens: coarser than all of them.
  for (let cell = 8; sizes.length === 0; cell *= 2) {
    const size = sizeOf(view, cell);
    if (size.cells <= MOST_CELLS) sizes.push(size);
  }
  return sizes;
}

/** @param {View} view @param {number} cell @returns {Size} */
function sizeOf(view, cell) {
  const most = (/** @type {number} */ pixels) => Math.max(1, Math.min(Math.floor(pixels / cell), view.most));
  const { firstRow = 0, endRow = view.rows } = view;
  const rowsPerCell = Math.ceil((endRow - firstRow) / most(view.height));
  const framesPerColumn = Math.ceil(view.frames / most(view.width));
  const rows = Math.ceil((endRow - firstRow) / rowsPerCell);
  const columns = Math.ceil(view.frames / framesPerColumn);
  const cells = columns * rows;
  return { cell, resolution: 1 / cell, rowsPerCell, framesPerColumn, columns, rows, cells, firstRow, endRow, level: 0 };
}

/** Frames of a column of level 1; of level 2 the square of it. */
const FACTOR = 4;
const LEVELS = 2;
const LEAST_COLUMNS = 48; // fewer are no picture any more

/**
 * Sizes that are coarser than all cells on the screen need be: with columns of a higher level.
 *
 * @param {View} view
 * @param {Size} coarsest
 * @returns {Size[]}
 */
export function levelsOf(view, coarsest) {
  /** @type {Size[]} */
  const sizes = [];
  for (let level = 1; level <= LEVELS; level++) {
    const step = FACTOR ** level;
    const before = sizes.at(-1) ?? coarsest;
    const framesPerColumn = Math.ceil((before.framesPerColumn + 1) / step) * step;
    const columns = Math.ceil(view.frames / framesPerColumn);
    if (columns < before.columns && columns >= LEAST_COLUMNS) sizes.push({ ...before, level, framesPerColumn, columns, cells: columns * before.rows });
  }
  return sizes;
}

const SCALE = (2 * Math.PI) / 256;
const COS = Float32Array.from({ length: 256 }, (_, i) => Math.cos(i * SCALE));
const SIN = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i * SCALE));

/**
 * The cells of one column, two bytes each: the angle in 256ths of a turn, and 0 where there is no data, else R from 1
 * (none) to 255 (all agree).
 *
 * @param {FrameWindow} frames
 * @param {Size} size
 * @param {number} column it has the frames from `column * framesPerColumn` on
 * @param {number} last the newest frame to show
 * @param {Uint8Array} cells room for `size.rows` of them
 */
export function fillColumn(frames, size, column, last, cells) {
  const first = column * size.framesPerColumn;
  const end = Math.min(first + size.framesPerColumn, last + 1);
  /** @type {number[]} */
  const starts = [];
  for (let seq = first; seq < end; seq++) {
    const at = frames.at(seq);
    if (at >= 0) starts.push(at);
  }
  const { angles, resultant, missing } = frames;
  const { firstRow = 0, endRow = frames.rows } = size;
  const plain = resultant === null && missing === null;
  if (plain && size.rowsPerCell === 1 && starts.length === 1) {
    for (let i = 0, at = starts[0] + firstRow; i < endRow - firstRow; i++, at++) {
      cells[2 * i] = angles[at];
      cells[2 * i + 1] = 255;
    }
    return;
  }
  for (let cell = 0, row = firstRow; cell < size.rows; cell++, row += size.rowsPerCell) {
    const stop = Math.min(row + size.rowsPerCell, endRow);
    let [x, y, n] = [0, 0, 0];
    for (const start of starts) {
      for (let at = start + row; at < start + stop; at++) {
        if (missing !== null && missing[at]) continue;
        const weight = resultant === null ? 1 : resultant[at] / 255;
        x += COS[angles[at]] * weight;
        y += SIN[angles[at]] * weight;
        n += 1;
      }
    }
    cells[2 * cell] = n ? Math.round(Math.atan2(y, x) / SCALE) : 0;
    cells[2 * cell + 1] = n ? 1 + Math.round(254 * Math.min(Math.hypot(x, y) / n, 1)) : 0;
  }
}

/** Which of the 16 steps of coherence a cell's second byte is; both renderers shift alike. @param {number} byte */
export function fadeOf(byte) {
  return byte >> 4;
}
