// PHF1 messages to frames of phases, bit by bit as kaizen.phase.decode does it; see docs/phase-format.md.
//
// No import, no clock, no DOM: the page, a worker and node all run it as it stands. Typed arrays of 16 bits are read
// and written in the host's byte order, which is little-endian wherever browsers run.

export const HEADER_BYTES = 56;
export const SCHEMA_MAJOR = 1;

export const FULL = 0;
export const DELTA = 1;
export const CONFIG = 2;
export const CHUNK = 3;

export const HAS_R = 1;
export const HAS_MASK = 2;
export const SAMPLED = 4;
export const TIME_MAJOR = 8;
export const KEYFRAME = 16;
const IGNORABLE = 32 | 64;
const REFUSED_FLAGS = 128;

const PREDICT_NONE = 0;
const PREDICT_DELTA = 1;
const PREDICT_LINEAR = 2;
const PREDICT_LEAKY = 16; // plus the shift
const MAX_SHIFT = 8;

/**
 * @typedef {object} Header
 * @property {number} major
 * @property {number} minor
 * @property {number} build
 * @property {number} kind
 * @property {number} flags
 * @property {number} bits
 * @property {number} predictor
 * @property {number} epoch
 * @property {number} seq
 * @property {number} baseSeq
 * @property {number} nRows
 * @property {number} nFrames
 * @property {number} t0Us
 * @property {number} dtUs
 * @property {number} payloadLen
 * @property {number} stateCrc
 */
/** @typedef {Uint8Array | Uint16Array} Cells */
/** @typedef {{angles: Cells, resultant: Uint8Array | null, missing: Uint8Array | null}} Frames */
/** @typedef {{last: Cells, step: Int32Array, rate: Int32Array}} Past what prediction knows of each row */
/**
 * @typedef {object} Baseline
 * @property {number} epoch
 * @property {number} seq
 * @property {number} bits
 * @property {number} predictor
 * @property {Past} angles
 * @property {Past | null} resultant
 * @property {boolean} hasMask
 */
/** @typedef {Record<string, any>} Document */
/** @typedef {{header: Header, frames: Frames|null, baseline: Baseline|null, document: Document|null}} Message */
/** @typedef {{rows: number, frames: number, cells: number, configBytes: number}} Limits */

/** What a reader accepts; nothing is allocated before a header is within it. */
export const LIMITS = Object.freeze({ rows: 1 << 20, frames: 1 << 14, cells: 1 << 23, configBytes: 1 << 20 });

/**
 * The message is refused. `reason` is one of: truncated, trailing, magic, major, header-crc, field, too-large, length,
 * payload, baseline, state-crc. After `baseline` and `state-crc` ask for a keyframe, after `major` shake hands again.
 */
export class PhaseFormatError extends Error {
  /** @param {string} reason @param {string} message */
  constructor(reason, message) {
    super(message);
    this.name = "PhaseFormatError";
    this.reason = reason;
  }
}

/** @param {string} reason @param {string} message @returns {never} */
function refuse(reason, message) {
  throw new PhaseFormatError(reason, message);
}

/**
 * One message, and nothing after it.
 *
 * @param {Uint8Array} bytes
 * @param {Baseline|null} baseline the `baseline` of the message before, for a DELTA or a FULL that is no keyframe
 * @param {Limits} limits
 * @returns {Message} `frames` holds
 *   `angles` (Uint8Array for 8 bits, else Uint16Array), `resultant` (Uint8Array or null) and `missing` (Uint8Array of
 *   0 and 1, or null), each with cell (frame t, row i) at t * n_rows + i. A CHUNK leaves no baseline.
 * @throws {PhaseFormatError}
 */
export function decode(bytes, baseline = null, limits = LIMITS) {
  const header = readHeader(bytes, limits);
  const end = HEADER_BYTES + header.payloadLen;
  if (bytes.length > end) refuse("trailing", `${bytes.length - end} bytes follow the message`);
  return decodeMessage(header, bytes.subarray(HEADER_BYTES), baseline);
}

/**
 * The messages of a body, one by one, each on top of the one before.
 *
 * @param {Uint8Array} bytes
 * @param {Baseline|null} baseline
 * @param {Limits} limits
 * @returns {Generator<Message, void>}
 */
export function* decodeAll(bytes, baseline = null, limits = LIMITS) {
  let rest = bytes;
  let state = baseline;
  while (rest.length > 0) {
    const header = readHeader(rest, limits);
    const end = HEADER_BYTES + header.payloadLen;
    const message = decodeMessage(header, rest.subarray(HEADER_BYTES, end), state);
    state = message.baseline ?? state;
    yield message;
    rest = rest.subarray(end);
  }
}

/**
 * The header at the start of `bytes`, checked whole.
 *
 * @param {Uint8Array} bytes
 * @param {Limits} limits
 * @returns {Header}
 * @throws {PhaseFormatError}
 */
export function readHeader(bytes, limits = LIMITS) {
  if (bytes.length < HEADER_BYTES) {
    refuse("truncated", `${bytes.length} bytes are fewer than a header's ${HEADER_BYTES}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  if (view.getUint32(0, false) !== 0x50484631) refuse("magic", "the message does not start with PHF1");
  const major = view.getUint8(4);
  const minor = view.getUint8(5);
  if (major !== SCHEMA_MAJOR) refuse("major", `schema ${major}.${minor} is not ${SCHEMA_MAJOR}.x`);
  if (crc32(bytes.subarray(0, 52)) !== view.getUint32(52, true)) {
    refuse("header-crc", "the header's checksum does not fit it");
  }
  const header = {
    major,
    minor,
    build: view.getUint16(6, true),
    kind: view.getUint8(8),
    flags: view.getUint8(9),
    bits: view.getUint8(10),
    predictor: view.getUint8(11),
    epoch: view.getUint32(12, true),
    seq: view.getUint32(16, true),
    baseSeq: view.getUint32(20, true),
    nRows: view.getUint32(24, true),
    nFrames: view.getUint32(28, true),
    t0Us: Number(view.getBigInt64(32, true)),
    dtUs: view.getUint32(40, true),
    payloadLen: view.getUint32(44, true),
    stateCrc: view.getUint32(48, true),
  };
  checkFields(header);
  checkSizes(header, limits);
  const end = HEADER_BYTES + header.payloadLen;
  if (bytes.length < end) refuse("truncated", `${bytes.length} bytes are fewer than the ${end} of the message`);
  return header;
}

/** @param {Header} header */
function checkFields(header) {
  const { kind, flags, bits, predictor, nRows, nFrames, seq, baseSeq, t0Us, dtUs } = header;
  const wrong = (/** @type {string} */ what) => refuse("field", what);
  if (kind > CHUNK) wrong(`kind ${kind} is unknown`);
  if (flags & REFUSED_FLAGS) wrong(`flags ${flags} hold one that may not be ignored`);
  if (bits !== 8 && bits !== 12 && bits !== 16) wrong(`${bits} bits are none of 8, 12, 16`);
  const leaky = predictor > PREDICT_LEAKY && predictor <= PREDICT_LEAKY + MAX_SHIFT;
  if (predictor > PREDICT_LINEAR && !leaky) wrong(`predictor ${predictor} is unknown`);
  if (nRows < 1) wrong("there are no rows");
  if (kind === CONFIG) {
    if (nFrames !== 0) wrong("a CONFIG has no frames");
    if (flags & (HAS_R | HAS_MASK | TIME_MAJOR | KEYFRAME)) wrong(`flags ${flags} do not fit a CONFIG`);
    if (predictor !== PREDICT_NONE) wrong("a CONFIG predicts nothing");
  } else {
    if (nFrames < 1) wrong("there are no frames");
    if (nFrames > 1 && dtUs < 1) wrong("several frames have no time between them");
  }
  if (seq < nFrames - 1) wrong(`seq ${seq} leaves no numbers for ${nFrames} frames`);
  if (kind === DELTA) {
    if (flags & KEYFRAME) wrong("a DELTA is no keyframe");
    if (baseSeq !== seq - nFrames) wrong(`base_seq ${baseSeq} is not seq minus the frames`);
  } else if (baseSeq !== seq) {
    wrong(`base_seq ${baseSeq} is not seq ${seq}`);
  }
  if (kind === CHUNK && !(flags & KEYFRAME)) wrong("a CHUNK starts with a keyframe");
  if (t0Us < 0 || t0Us + Math.max(nFrames - 1, 0) * dtUs > Number.MAX_SAFE_INTEGER) {
    wrong("the frames lie outside the years 1970 to 2255");
  }
}

/** @param {Header} header @param {Limits} limits */
function checkSizes(header, limits) {
  const { kind, flags, nRows, nFrames, payloadLen } = header;
  // Products of two 32-bit numbers stay exact enough in doubles to be compared with the limit.
  const tooMany = (/** @type {string} */ name, /** @type {number} */ size, /** @type {number} */ limit) => {
    if (size > limit) refuse("too-large", `${size} ${name} are more than ${limit}`);
  };
  tooMany("rows", nRows, limits.rows);
  tooMany("frames", nFrames, limits.frames);
  tooMany("cells", nRows * nFrames, limits.cells);
  if (kind === CONFIG) {
    tooMany("bytes of a CONFIG", payloadLen, limits.configBytes);
    return;
  }
  const known = partsOf(header).end;
  if (payloadLen < known || (payloadLen > known && !(flags & IGNORABLE))) {
    refuse("length", `a payload of ${payloadLen} bytes should have ${known}`);
  }
}

/** Where the parts of a payload end: the residuals, R, the mask. @param {Header} header */
function partsOf({ flags, bits, nRows, nFrames }) {
  const cells = nRows * nFrames;
  const residuals = cells * (bits === 8 ? 1 : 2);
  const resultant = residuals + (flags & HAS_R ? cells : 0);
  return { residuals, resultant, end: resultant + (flags & HAS_MASK ? nFrames * ((nRows + 7) >>> 3) : 0) };
}

/** @param {Header} header @param {Uint8Array} payload @param {Baseline|null} given @returns {Message} */
function decodeMessage(header, payload, given) {
  const { kind, flags, bits, predictor, nRows, nFrames } = header;
  if (kind === CONFIG) return { header, frames: null, baseline: null, document: readDocument(header, payload) };
  const base = flags & KEYFRAME ? null : fitting(header, given);
  const whole = kind === FULL || predictor === PREDICT_NONE;
  const timeMajor = Boolean(flags & TIME_MAJOR);
  const parts = partsOf(header);

  const angles = readPlanes(payload.subarray(0, parts.residuals), bits, nRows, nFrames, timeMajor);
  const after = restore(angles, bits, predictor, nRows, nFrames, base && base.angles, whole);
  let resultant = null;
  let resultantAfter = null;
  if (flags & HAS_R) {
    const plane = payload.subarray(parts.residuals, parts.resultant);
    resultant = /** @type {Uint8Array} */ (readPlanes(plane, 8, nRows, nFrames, timeMajor));
    resultantAfter = restore(resultant, 8, PREDICT_DELTA, nRows, nFrames, base && base.resultant, whole);
  }
  const mask = payload.subarray(parts.resultant, parts.end);
  const missing = flags & HAS_MASK ? readMask(mask, nRows, nFrames) : null;

  let crc = crc32(new Uint8Array(angles.buffer));
  if (resultant !== null) crc = crc32(resultant, crc);
  if (crc32(mask, crc) !== header.stateCrc) refuse("state-crc", "the decoded frames are not those that were sent");

  const frames = { angles, resultant, missing };
  if (kind === CHUNK) return { header, frames, baseline: null, document: null };
  const baseline = {
    epoch: header.epoch,
    seq: header.seq,
    bits,
    predictor,
    angles: after,
    resultant: resultantAfter,
    hasMask: missing !== null,
  };
  return { header, frames, baseline, document: null };
}

/** @param {Header} header @param {Baseline|null} base @returns {Baseline} */
function fitting(header, base) {
  const { epoch, seq, nFrames, bits, predictor, nRows, flags } = header;
  if (base === null) return refuse("baseline", "the frames build on a state, and there is none");
  const differing = (/** @type {string} */ name, /** @type {unknown} */ wanted, /** @type {unknown} */ had) => {
    if (wanted !== had) refuse("baseline", `the frames build on ${name} ${wanted}, the state has ${had}`);
  };
  differing("epoch", epoch, base.epoch);
  differing("seq", seq - nFrames, base.seq);
  differing("bits", bits, base.bits);
  differing("predictor", predictor, base.predictor);
  differing("rows", nRows, base.angles.last.length);
  differing("R", Boolean(flags & HAS_R), base.resultant !== null);
  differing("mask", Boolean(flags & HAS_MASK), base.hasMask);
  return base;
}

/**
 * Residuals modulo 2^bits, cell (t, i) at t * rows + i.
 *
 * @param {Uint8Array} data
 * @param {number} bits
 * @param {number} rows
 * @param {number} frames
 * @param {boolean} timeMajor
 * @returns {Cells}
 */
function readPlanes(data, bits, rows, frames, timeMajor) {
  const cells = rows * frames;
  const left = bits === 8 ? new Uint8Array(cells) : new Uint16Array(cells);
  const high = bits === 8 ? null : data.subarray(cells);
  if (bits === 12 && high !== null && high.some((byte) => byte > 0xf)) {
    refuse("payload", "a residual of 12 bits is larger than 12 bits");
  }
  const mask = (1 << bits) - 1;
  const [rowStride, frameStride] = timeMajor ? [frames, 1] : [1, rows];
  for (let t = 0, cell = 0; t < frames; t++) {
    for (let i = 0, from = t * frameStride; i < rows; i++, cell++, from += rowStride) {
      const folded = high === null ? data[from] : data[from] | (high[from] << 8);
      left[cell] = ((folded >>> 1) ^ -(folded & 1)) & mask;
    }
  }
  return left;
}

/**
 * Turns residuals into angles in place; returns what prediction needs to know after them: per row the last angle, the
 * last step (signed) and the leaky rate (256ths of a binary angle per frame).
 *
 * @param {Cells} cells
 * @param {number} bits
 * @param {number} predictor
 * @param {number} rows
 * @param {number} frames
 * @param {Past|null} past
 * @param {boolean} whole
 * @returns {Past}
 */
function restore(cells, bits, predictor, rows, frames, past, whole) {
  const leaky = predictor > PREDICT_LEAKY;
  const linear = predictor === PREDICT_LINEAR;
  const shift = predictor - PREDICT_LEAKY;
  const mask = (1 << bits) - 1;
  const half = 1 << (bits - 1);
  // A keyframe is predicted as 0, and there is no step to it.
  const last = past === null ? cells.slice(0, rows) : past.last.slice();
  const step = past === null ? new Int32Array(rows) : past.step.slice();
  const rate = past === null ? new Int32Array(rows) : past.rate.slice();
  for (let t = past === null ? 1 : 0; t < frames; t++) {
    const offset = t * rows;
    for (let i = 0; i < rows; i++) {
      const before = last[i];
      let value = cells[offset + i];
      if (!whole) {
        if (leaky) value += before + ((rate[i] + 128) >> 8);
        else if (linear) value += before + step[i];
        else value += before;
        value &= mask;
        cells[offset + i] = value;
      }
      const moved = ((value - before + half) & mask) - half;
      step[i] = moved;
      if (leaky) rate[i] += ((moved << 8) - rate[i]) >> shift;
      last[i] = value;
    }
  }
  return { last, step, rate };
}

/** @param {Uint8Array} mask @param {number} rows @param {number} frames */
function readMask(mask, rows, frames) {
  const missing = new Uint8Array(rows * frames);
  const stride = (rows + 7) >>> 3;
  for (let t = 0; t < frames; t++) {
    if (rows % 8 && mask[(t + 1) * stride - 1] >>> (rows % 8)) {
      refuse("payload", "the mask marks rows that do not exist");
    }
    for (let i = 0; i < rows; i++) missing[t * rows + i] = (mask[t * stride + (i >>> 3)] >>> (i & 7)) & 1;
  }
  return missing;
}

/** @param {Header} header @param {Uint8Array} payload @returns {Record<string, any>} */
function readDocument(header, payload) {
  if (crc32(payload) !== header.stateCrc) refuse("state-crc", "the CONFIG is not the one that was sent");
  let document;
  try {
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload));
  } catch (error) {
    refuse("payload", `the CONFIG is not JSON: ${error instanceof Error ? error.name : error}`);
  }
  if (document === null || typeof document !== "object" || Array.isArray(document)) {
    refuse("payload", "the CONFIG is not a JSON object");
  }
  return document;
}

// Four bytes at a step ("slicing by 4"): TABLES[k][b] is the CRC of byte b with k zero bytes after it.
const TABLES = [0, 1, 2, 3].map(() => new Int32Array(256));
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  TABLES[0][byte] = crc;
}
for (let byte = 0; byte < 256; byte++) {
  for (let k = 1; k < 4; k++) {
    const crc = TABLES[k - 1][byte];
    TABLES[k][byte] = (crc >>> 8) ^ TABLES[0][crc & 0xff];
  }
}

/** CRC-32 as in zlib; `crc` continues an earlier one. @param {Uint8Array} bytes @param {number} crc */
export function crc32(bytes, crc = 0) {
  const [t0, t1, t2, t3] = TABLES;
  let value = ~crc;
  let at = 0;
  for (const end = bytes.length - 3; at < end; at += 4) {
    value ^= bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    value = t3[value & 0xff] ^ t2[(value >>> 8) & 0xff] ^ t1[(value >>> 16) & 0xff] ^ t0[value >>> 24];
  }
  for (; at < bytes.length; at++) value = (value >>> 8) ^ t0[(value ^ bytes[at]) & 0xff];
  return ~value >>> 0;
}
