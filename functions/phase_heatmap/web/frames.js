// The newest frames of one epoch, as the page keeps them: one byte for each phase. Pure.

/** @typedef {{angles: Uint8Array | Uint16Array, resultant: Uint8Array | null, missing: Uint8Array | null}} Cells */

export class FrameWindow {
  /**
   * @param {number} rows
   * @param {number} capacity frames that are kept
   */
  constructor(rows, capacity) {
    this.rows = rows;
    this.capacity = capacity;
    this.newest = -1; // the highest number that came
    this.oldest = -1; // the lowest
    this.angles = new Uint8Array(rows * capacity);
    /** @type {Uint8Array | null} */
    this.resultant = null;
    /** @type {Uint8Array | null} */
    this.missing = null;
    this.seqs = new Float64Array(capacity).fill(-1);
    this.times = new Float64Array(capacity); // microseconds since 1970
    this.order = new Float32Array(capacity).fill(NaN); // the order parameter of all oscillators
    this.orderSeqs = new Float64Array(capacity).fill(-1);
  }

  /** @param {number} seq @returns {number} where the frame's first row lies, or -1 if it is not here */
  at(seq) {
    const slot = seq % this.capacity;
    return seq >= 0 && this.seqs[slot] === seq ? slot * this.rows : -1;
  }

  /** @param {number} seq @returns {number} r of all oscillators, NaN if it is not known */
  orderAt(seq) {
    const slot = seq % this.capacity;
    return seq >= 0 && this.orderSeqs[slot] === seq ? this.order[slot] : NaN;
  }

  /** @param {number} seq @returns {number | null} microseconds since 1970, null if the frame is not here */
  timeAt(seq) {
    return this.at(seq) < 0 ? null : this.times[seq % this.capacity];
  }

  /**
   * Keep frame `t` of a message. One that is older than all that are kept is passed over.
   *
   * @param {number} seq
   * @param {number} timeUs
   * @param {Cells} cells of the whole message
   * @param {number} t
   * @param {number} bits
   */
  put(seq, timeUs, cells, t, bits) {
    if (seq <= this.newest - this.capacity) return;
    const slot = seq % this.capacity;
    const [start, end] = [t * this.rows, (t + 1) * this.rows];
    const to = slot * this.rows;
    const from = cells.angles;
    if (bits === 8) {
      this.angles.set(from.subarray(start, end), to);
    } else {
      // To the nearest 256th of a turn, which wraps.
      const shift = bits - 8;
      const half = 1 << (shift - 1);
      for (let i = start, j = to; i < end; i++, j++) this.angles[j] = (from[i] + half) >> shift;
    }
    this.resultant = this.#plane(this.resultant, cells.resultant, start, end, to, 255);
    this.missing = this.#plane(this.missing, cells.missing, start, end, to, 0);
    this.seqs[slot] = seq;
    this.times[slot] = timeUs;
    if (this.newest < 0 || seq < this.oldest) this.oldest = seq;
    this.newest = Math.max(this.newest, seq);
    this.oldest = Math.max(this.oldest, this.newest - this.capacity + 1);
  }

  /** @param {number} firstSeq @param {(number | null)[]} r */
  putOrder(firstSeq, r) {
    r.forEach((value, i) => {
      if (firstSeq + i < 0) return;
      const slot = (firstSeq + i) % this.capacity;
      if (firstSeq + i < this.orderSeqs[slot]) return;
      this.order[slot] = value ?? NaN;
      this.orderSeqs[slot] = firstSeq + i;
    });
  }

  /** The same frames, which stay as they are while new ones come here. */
  copy() {
    const made = new FrameWindow(this.rows, 1);
    Object.assign(made, this, {
      angles: this.angles.slice(),
      resultant: this.resultant?.slice() ?? null,
      missing: this.missing?.slice() ?? null,
      seqs: this.seqs.slice(),
      times: this.times.slice(),
      order: this.order.slice(),
      orderSeqs: this.orderSeqs.slice(),
    });
    return made;
  }

  /**
   * A plane that is made when the first message has it.
   *
   * @param {Uint8Array | null} plane
   * @param {Uint8Array | null} given
   * @param {number} start
   * @param {number} end
   * @param {number} to
   * @param {number} usual
   */
  #plane(plane, given, start, end, to, usual) {
    if (given === null) {
      plane?.fill(usual, to, to + this.rows);
      return plane;
    }
    const made = plane ?? new Uint8Array(this.rows * this.capacity).fill(usual);
    made.set(given.subarray(start, end), to);
    return made;
  }
}
