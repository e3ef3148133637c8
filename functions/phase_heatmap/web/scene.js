// A stretch of frames that can be drawn. Pure.
//
// What is alive, a moment that was held, and history are all the same to what draws them: frames or columns with
// numbers, one of which is at the right edge. Of history a frame is a column of its level.

/** @typedef {import("./frames.js").FrameWindow} FrameWindow */
/**
 * @typedef {object} Scene
 * @property {FrameWindow} frames
 * @property {number | null} seq the one at the right edge; null if it moves on
 * @property {number} span from edge to edge
 * @property {number} stepUs from one to the next, in microseconds
 * @property {number} level of history
 * @property {number} epoch
 * @property {Record<string, any>} rows the epoch's CONFIG document, or what is known of it
 * @property {boolean} [shared] whether other epochs, of other rows, have a part of its time
 * @property {number} endUs the time of the right edge; where a frame has come, its own counts
 */

/** The time of a frame; of one that never came by where it would be. @param {Scene} scene @param {number} seq */
export function timeIn({ frames, seq: last, stepUs, endUs }, seq) {
  const told = frames.timeAt(seq);
  if (told !== null) return told;
  const near = last ?? frames.newest;
  return (frames.timeAt(near) ?? endUs) - (near - seq) * stepUs;
}

/**
 * The rows that are shown, from the first to the one after the last, counted from 0: those that are asked for as far as
 * there are such.
 *
 * @param {[number, number] | null} asked counted from 1, both included
 * @param {number} rows that there are
 * @returns {[number, number]}
 */
export function rowsIn(asked, rows) {
  if (asked === null || asked[0] > rows) return [0, rows];
  return [asked[0] - 1, Math.min(asked[1], rows)];
}

/**
 * Rows that are nearer by a factor, or further, around one of them.
 *
 * @param {[number, number]} shown from the first to the one after the last, counted from 0
 * @param {number} rows that there are
 * @param {number} around
 * @param {number} factor below 1 is nearer
 * @returns {[number, number] | null} counted from 1, both included; null for all
 */
export function zoomed([from, to], rows, around, factor) {
  const count = Math.max(1, Math.min(Math.round((to - from) * factor), rows));
  if (count === rows) return null;
  const first = Math.round(around - (around - from) * (count / (to - from)));
  const start = Math.min(Math.max(first, 0), rows - count);
  return [start + 1, start + count];
}
