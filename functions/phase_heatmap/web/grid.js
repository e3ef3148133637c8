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
const FINE = 1024;
const ATAN = Float32Array.from({ length: FINE + 1 }, (_, i) => Math.atan(i / FINE) / SCALE); // in 256ths of a turn

/**
 * The direction of a vector in 256ths of a turn, as Math.atan2 gives it, in a tenth of the time: a first picture may have
 * half a million of them.
 *
 * @param {number} x @param {number} y @returns {number} from 0 to 256, which is 0 again in a byte
 */
function direction(x, y) {
  const a = x < 0 ? -x : x;
  const b = y < 0 ? -y : y;
  let turned = a > b ? ATAN[(FINE * (b / a) + 0.5) | 0] : 64 - ATAN[(FINE * (a / b) + 0.5) | 0];
  if (x < 0) turned = 128 - turned;
  if (y < 0) turned = 256 - turned;
  return (turned + 0.5) | 0;
}

/** @param {Uint8Array} cells @param {number} cell @param {number} x @param {number} y @param {number} n the sum's greatest length */
function put(cells, cell, x, y, n) {
  const length = Math.sqrt(x * x + y * y) / n;
  cells[2 * cell] = direction(x, y);
  cells[2 * cell + 1] = 1.5 + 254 * (length > 1 ? 1 : length); // a byte has no fraction: to the nearest
}

// Cosine and sine in one whole number, so that one addition does for both: in the upper and the lower half of 32 bits,
// each as large as the sum of so many leaves room for.
const HALF = 1 << 16;
const MOST_LENGTH = 4000;
const MOST_PACKED = 128; // of a cell: with more, each would have too few steps
const packed = { length: 0, table: new Int32Array(256) };
let sums = new Int32Array(0);

/** @param {number} length @returns {Int32Array} */
function packedOf(length) {
  if (packed.length !== length) {
    packed.length = length;
    for (let i = 0; i < 256; i++) packed.table[i] = HALF * Math.round(length * COS[i]) + Math.round(length * SIN[i]);
  }
  return packed.table;
}

/**
 * `fillColumn` where every phase is there and has a weight of 1.
 *
 * @param {Uint8Array} angles
 * @param {number[]} starts where the column's frames lie
 * @param {Size} size
 * @param {number} firstRow
 * @param {number} endRow
 * @param {Uint8Array} cells
 */
function fillPlain(angles, starts, size, firstRow, endRow, cells) {
  const { rows, rowsPerCell } = size;
  const length = Math.min(MOST_LENGTH, Math.floor((HALF / 2 - 1) / (rowsPerCell * size.framesPerColumn)));
  const table = packedOf(length);
  if (sums.length < rows) sums = new Int32Array(rows);
  sums.fill(0, 0, rows);
  for (const start of starts) {
    const stop = start + endRow;
    for (let cell = 0, at = start + firstRow; cell < rows; cell++) {
      let sum = 0;
      for (const end = at + rowsPerCell < stop ? at + rowsPerCell : stop; at < end; at++) sum += table[angles[at]];
      sums[cell] += sum;
    }
  }
  const last = endRow - firstRow - (rows - 1) * rowsPerCell; // rows of the last cell
  for (let cell = 0; cell < rows; cell++) {
    const y = (sums[cell] << 16) >> 16;
    const n = (cell < rows - 1 ? rowsPerCell : last) * starts.length;
    put(cells, cell, (sums[cell] - y) / HALF, y, n * length);
  }
}

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
  if (plain && starts.length > 0 && size.rowsPerCell * size.framesPerColumn <= MOST_PACKED) {
    fillPlain(angles, starts, size, firstRow, endRow, cells);
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
    if (n > 0) put(cells, cell, x, y, n);
    else cells[2 * cell] = cells[2 * cell + 1] = 0;
  }
}

/** Which of the 16 steps of coherence a cell's second byte is; both renderers shift alike. @param {number} byte */
export function fadeOf(byte) {
  return byte >> 4;
}
