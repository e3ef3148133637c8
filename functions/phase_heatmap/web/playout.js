// Which frame is shown at a moment. Frames come in batches, about one a second; shown one by one they move. Pure.

const BEHIND_SECONDS = 1.3; // so much is kept in hand, so that the next batch comes before the last one is used up
const LOST_SECONDS = 4; // further behind, it jumps: a moment ago is worth more than all of it
const CORRECTION = 0.25; // of speed, at most, to come back to where it should be

export class Playout {
  #head = -1;

  /** The frame that is shown; -1 before the first. */
  get seq() {
    return Math.floor(this.#head);
  }

  reset() {
    this.#head = -1;
  }

  /**
   * @param {number} elapsedMs since the last call
   * @param {number} newest frame that came
   * @param {number} dtUs from frame to frame
   * @param {boolean} steady whether to move from frame to frame, or to show what is there at once
   * @returns {number} the frame to show
   */
  advance(elapsedMs, newest, dtUs, steady = true) {
    if (newest < 0) return -1;
    const perSecond = 1e6 / Math.max(dtUs, 1);
    const behind = BEHIND_SECONDS * perSecond;
    if (!steady) {
      this.#head = newest;
    } else if (this.#head < 0 || newest - this.#head > LOST_SECONDS * perSecond + behind || this.#head > newest + 1) {
      this.#head = Math.max(0, newest - behind);
    } else {
      const off = (newest - this.#head - behind) / behind;
      const speed = 1 + Math.min(Math.max(off, -1), 1) * CORRECTION;
      this.#head = Math.min(newest, this.#head + (elapsedMs / 1000) * perSecond * speed);
    }
    return this.seq;
  }
}
