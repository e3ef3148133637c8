// What a screen reader is told: never more often than it can be heard. Pure; time and timers are injected.

const MOVED_MS = 400; // after the last move of the cursor
const SUMMARY_MS = 30_000;

export class Voice {
  #tell;
  #host;
  #timer = 0;
  #summaryAt = -Infinity;
  #summary = "";

  /**
   * @param {(words: string) => void} tell
   * @param {{now: () => number, later: (done: () => void, ms: number) => number, cancel: (timer: number) => void}} host
   */
  constructor(tell, host) {
    this.#tell = tell;
    this.#host = host;
  }

  /** What somebody has asked for: once they stop asking. @param {string} words */
  answer(words) {
    this.#host.cancel(this.#timer);
    this.#timer = this.#host.later(() => this.#tell(words), MOVED_MS);
  }

  /** What there is to see, when it has changed and not too often. @param {string} words */
  summary(words) {
    const now = this.#host.now();
    if (words === this.#summary || now - this.#summaryAt < SUMMARY_MS) return;
    [this.#summary, this.#summaryAt] = [words, now];
    this.#tell(words);
  }

  end() {
    this.#host.cancel(this.#timer);
  }
}
