// Which level and which columns of history show a stretch of time. Pure.

/**
 * What `GET /phase/streams/{id}` says of a level, and of an epoch.
 *
 * @typedef {object} LevelDocument
 * @property {number} level
 * @property {number} step_us
 * @property {number} frames_per_chunk
 * @property {number | null} first_chunk
 * @property {number | null} last_chunk
 */
/**
 * @typedef {object} EpochDocument
 * @property {number} epoch
 * @property {number} first_seq
 * @property {number} last_seq
 * @property {number} t0_us
 * @property {number} dt_us
 * @property {boolean} ended
 * @property {number} rows
 * @property {LevelDocument[]} levels
 */
/**
 * Columns `first` to `last` of a level, both included, and the stored chunks that have some of them.
 *
 * @typedef {object} Stretch
 * @property {EpochDocument} epoch
 * @property {number} level
 * @property {number} first may be negative: before the epoch began
 * @property {number} last
 * @property {number} stepUs
 * @property {number} framesEach in a column
 * @property {number} perChunk columns in a chunk
 * @property {number[]} chunks that are stored, as far as is known
 * @property {number} tail the first column that is in no chunk yet
 */

const COLUMNS_PER_PIXEL = 2;

/**
 * The epoch of which the most lies in a stretch of time; the newer one if two have as much. Null if none does.
 *
 * @template {{t0_us: number, dt_us: number, first_seq: number, last_seq: number}} E
 * @param {E[]} epochs the newest first
 * @param {number} fromUs
 * @param {number} toUs
 * @returns {E | null}
 */
export function epochOf(epochs, fromUs, toUs) {
  let [best, most] = [/** @type {E | null} */ (null), 0];
  for (const each of epochs) {
    const shared = Math.min(endOf(each), toUs) - Math.max(each.t0_us, fromUs);
    if (shared > most) [best, most] = [each, shared];
  }
  return best;
}

/**
 * From and to in microseconds since 1970. `aligned`: `toUs` is the time of the last frame, and as many columns as fit
 * before it are shown; else all columns that have some of the stretch. `newest`: as long as that, but up to the newest
 * frame, for the clocks of a browser and of a stream differ.
 *
 * @typedef {{fromUs: number, toUs: number, aligned?: boolean, newest?: boolean}} Span
 */

/** When an epoch's last frame ends. @param {{t0_us: number, dt_us: number, first_seq: number, last_seq: number}} epoch */
export function endOf({ t0_us: beginsUs, dt_us: dtUs, first_seq: first, last_seq: last }) {
  return beginsUs + (last - first + 1) * dtUs;
}

/**
 * The levels that can show a stretch, the best first: the finest with at most two columns for a pixel, and those above,
 * in case that one is kept no longer. Of a stretch that is too long for all of them, what the epoch has of it; none, if
 * that is too long, too.
 *
 * @param {EpochDocument} epoch
 * @param {Span} span
 * @param {number} pixels
 * @param {number} most columns that can be held
 * @returns {Stretch[]}
 */
export function stretches(epoch, span, pixels, most) {
  const all = epoch.levels.map((level) => stretchOf(epoch, level, span));
  const limit = Math.min(COLUMNS_PER_PIXEL * Math.max(pixels, 1), most);
  const fit = all.filter(({ first, last }) => last - first + 1 <= limit);
  if (fit.length) return fit;
  const coarsest = all[all.length - 1];
  if (coarsest.last - coarsest.first + 1 <= most) return [coarsest];
  const own = { ...span, fromUs: Math.max(span.fromUs, epoch.t0_us), toUs: Math.min(span.toUs, endOf(epoch)) };
  return own.toUs - own.fromUs < span.toUs - span.fromUs ? stretches(epoch, own, pixels, most) : [];
}

/**
 * @param {EpochDocument} epoch
 * @param {LevelDocument} level
 * @param {Span} span
 * @returns {Stretch}
 */
function stretchOf(epoch, level, { fromUs, toUs, aligned = false }) {
  const { level: number, step_us: stepUs, frames_per_chunk: frames, first_chunk: start, last_chunk: end } = level;
  const framesEach = Math.round(stepUs / epoch.dt_us);
  const perChunk = frames / framesEach;
  const columnAt = (/** @type {number} */ us) => (epoch.first_seq + (us - epoch.t0_us) / epoch.dt_us) / framesEach;
  // An address has whole milliseconds: the frame may be up to one later.
  const last = aligned ? Math.floor(columnAt(toUs + 1000)) : Math.ceil(columnAt(toUs)) - 1;
  const count = Math.max(1, Math.round((toUs - fromUs) / stepUs));
  const first = aligned ? last - count + 1 : Math.min(Math.floor(columnAt(fromUs)), last);
  const chunks = [];
  if (start !== null && end !== null) {
    const [from, to] = [Math.max(start, Math.floor(first / perChunk)), Math.min(end, Math.floor(last / perChunk))];
    for (let chunk = from; chunk <= to; chunk++) chunks.push(chunk);
  }
  const tail = end === null ? Math.floor(epoch.first_seq / framesEach) : (end + 1) * perChunk;
  return { epoch, level: number, first, last, stepUs, framesEach, perChunk, chunks, tail };
}
