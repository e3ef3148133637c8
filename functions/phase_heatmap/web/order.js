// The line above the map: the order parameter of all oscillators, on the map's own time axis.

export class OrderLine {
  #context;
  #colours = { line: "", accent: "" };

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.#context = canvas.getContext("2d");
  }

  /** The page's colours, which are asked for only when they may have changed. */
  restyle() {
    const style = getComputedStyle(this.canvas);
    this.#colours = { line: style.getPropertyValue("--line"), accent: style.getPropertyValue("--accent") };
  }

  /** @param {number} width @param {number} height in device pixels */
  resize(width, height) {
    [this.canvas.width, this.canvas.height] = [width, height];
    this.restyle();
  }

  /**
   * @param {import("./frames.js").FrameWindow} frames
   * @param {number} first the frame at the left edge
   * @param {number} last the newest frame to show
   * @param {number} count frames from edge to edge
   */
  draw(frames, first, last, count) {
    const context = this.#context;
    if (context === null) return;
    const { width, height } = this.canvas;
    const scale = window.devicePixelRatio || 1;
    const pad = 3 * scale;
    const x = (/** @type {number} */ seq) => ((seq - first + 0.5) / count) * width;
    const y = (/** @type {number} */ r) => pad + (1 - r) * (height - 2 * pad);
    const { line, accent } = this.#colours;
    context.clearRect(0, 0, width, height);
    context.lineWidth = scale;
    context.strokeStyle = line;
    context.beginPath();
    for (const r of [0, 0.5, 1]) {
      context.moveTo(0, Math.round(y(r)) + 0.5);
      context.lineTo(width, Math.round(y(r)) + 0.5);
    }
    context.stroke();
    context.lineWidth = 1.5 * scale;
    context.lineJoin = "round";
    context.strokeStyle = accent;
    context.beginPath();
    let drawing = false;
    let end = -1;
    // Where several frames fall on a pixel, the least and the greatest of them.
    const each = Math.max(1, Math.ceil(count / width));
    for (let seq = Math.max(first, 0); seq <= last; seq += each) {
      let [least, most] = [Infinity, -Infinity];
      for (let at = seq; at < Math.min(seq + each, last + 1); at++) {
        const r = frames.orderAt(at);
        if (Number.isNaN(r)) continue;
        [least, most, end] = [Math.min(least, r), Math.max(most, r), at];
      }
      if (most < 0) {
        drawing = false;
        continue;
      }
      if (drawing) context.lineTo(x(seq), y(least));
      else context.moveTo(x(seq), y(least));
      if (most > least) context.lineTo(x(seq), y(most));
      drawing = true;
    }
    context.stroke();
    if (end < 0) return;
    context.fillStyle = accent;
    context.beginPath();
    context.arc(Math.min(x(end), width - pad), y(frames.orderAt(end)), 2.5 * scale, 0, 2 * Math.PI);
    context.fill();
  }
}
