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
/** @param {number} x @param {number} y @param {number} n the sum's greatest length @returns {number} both bytes of a cell */
function cellOf(x, y, n) {
  const angle = Math.round(Math.atan2(y, x) / SCALE) & 255;
  return angle | ((1 + Math.round(254 * Math.min(Math.hypot(x, y) / n, 1))) << 8);
}

// Cosine and sine in one whole number, so that one addition does for both: in the upper and in the lower half of 32 bits,
// as large as their sum leaves room for. The upper bytes of both then say the cell, to 128ths of the greatest length.
const HALF = 1 << 16;
const MOST_PACKED = 128; // of a cell: with more, each would have too few steps
const BY_SUM = Uint16Array.from({ length: HALF }, (_, i) => cellOf((((i >> 8) << 24) >> 24) + 0.5, ((i << 24) >> 24) + 0.5, 128));
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
 * `fillColumn` where every phase is there and has a weight of 1, in a fifth of the time: a first picture may be made of
 * millions of phases.
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
  const whole = packedOf(Math.floor((HALF / 2 - 1) / (rowsPerCell * starts.length)));
  if (sums.length < rows) sums = new Int32Array(rows);
  sums.fill(0, 0, rows);
  const full = Math.floor((endRow - firstRow) / rowsPerCell); // cells that have all their rows
  const last = endRow - firstRow - (rows - 1) * rowsPerCell; // rows of the last cell
  for (const start of starts) {
    let at = start + firstRow;
    if (rowsPerCell === 2) {
      for (let cell = 0; cell < full; cell++, at += 2) sums[cell] += whole[angles[at]] + whole[angles[at + 1]];
    } else {
      for (let cell = 0; cell < full; cell++) {
        let sum = 0;
        for (const end = at + rowsPerCell; at < end; at++) sum += whole[angles[at]];
        sums[cell] += sum;
      }
    }
    for (const stop = start + endRow; at < stop; at++) sums[full] += whole[angles[at]];
  }
  for (let cell = 0, to = 0; cell < rows; cell++) {
    const sum = sums[cell];
    const found = BY_SUM[((sum >>> 16) & 0xff00) | ((sum >>> 8) & 0xff)];
    cells[to++] = found;
    cells[to++] = found >> 8;
  }
  if (last < rowsPerCell) {
    const y = (sums[rows - 1] << 16) >> 16;
    const found = cellOf((sums[rows - 1] - y) / HALF, y, last * starts.length * packed.length);
    cells[2 * rows - 2] = found;
    cells[2 * rows - 1] = found >> 8;
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
  const { angles, resultant, missing } = frames;
  if (resultant !== null || missing !== null || size.rowsPerCell * size.framesPerColumn > MOST_PACKED) {
    fillExactly(frames, size, column, last, cells);
    return;
  }
  const starts = startsOf(frames, size, column, last);
  const { firstRow = 0, endRow = frames.rows } = size;
  if (starts.length === 0) {
    cells.fill(0);
  } else if (size.rowsPerCell === 1 && starts.length === 1) {
    for (let i = 0, at = starts[0] + firstRow; i < endRow - firstRow; i++, at++) {
      cells[2 * i] = angles[at];
      cells[2 * i + 1] = 255;
    }
  } else {
    fillPlain(angles, starts, size, firstRow, endRow, cells);
  }
}

/**
 * The same with all digits, for what is told in numbers.
 *
 * @param {FrameWindow} frames
 * @param {Size} size
 * @param {number} column
 * @param {number} last
 * @param {Uint8Array} cells
 */
export function fillExactly(frames, size, column, last, cells) {
  const starts = startsOf(frames, size, column, last);
  const { angles, resultant, missing } = frames;
  const { firstRow = 0, endRow = frames.rows } = size;
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
    const found = n > 0 ? cellOf(x, y, n) : 0;
    cells[2 * cell] = found;
    cells[2 * cell + 1] = found >> 8;
  }
}

/**
 * Where the frames of a column lie, of those that there are.
 *
 * @param {FrameWindow} frames
 * @param {Size} size
 * @param {number} column
 * @param {number} last
 */
function startsOf(frames, size, column, last) {
  const first = column * size.framesPerColumn;
  const end = Math.min(first + size.framesPerColumn, last + 1);
  /** @type {number[]} */
  const starts = [];
  for (let seq = first; seq < end; seq++) {
    const at = frames.at(seq);
    if (at >= 0) starts.push(at);
  }
  return starts;
}

/** Which of the 16 steps of coherence a cell's second byte is; both renderers shift alike. @param {number} byte */
export function fadeOf(byte) {
  return byte >> 4;
}
