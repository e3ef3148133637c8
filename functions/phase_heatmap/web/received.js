// How many bytes of frames came, as the browser itself counts them: bodies as they went over the wire, in their content
// coding. What the page sees of a body is decoded already, and `Content-Length` may be missing.

/** @typedef {{name: string, encodedBodySize: number, responseStatus?: number}} Timing what of a resource's timing counts */

export class Received {
  bytes = 0;
  responses = 0;
  #viewer;
  /** @type {PerformanceObserver | null} */
  #observer = null;

  /** @param {string} viewer the id that is in the address of each request for frames */
  constructor(viewer) {
    this.#viewer = viewer;
  }

  /**
   * Count from now on. False where the browser does not tell which answers brought frames.
   *
   * Entries are observed, not read from the browser's buffer: that holds 250 of them and is the page's.
   */
  watch() {
    if (typeof PerformanceResourceTiming === "undefined") return false;
    if (!("responseStatus" in PerformanceResourceTiming.prototype)) return false;
    this.#observer = new PerformanceObserver((list) => this.take(/** @type {any} */ (list.getEntries())));
    this.#observer.observe({ type: "resource" });
    return true;
  }

  end() {
    this.#observer?.disconnect();
    this.#observer = null;
  }

  /** Only what brought frames: the server counts neither refusals nor answers without a body. @param {Timing[]} entries */
  take(entries) {
    for (const { name, encodedBodySize, responseStatus } of entries) {
      if (responseStatus !== 200) continue;
      const { pathname, searchParams } = new URL(name);
      if (!pathname.endsWith("/frames") || searchParams.get("audit") !== this.#viewer) continue;
      this.bytes += encodedBodySize;
      this.responses += 1;
    }
  }
}
