// Which renderer: the one that is asked for, else the one that draws a picture of this size in less time.

import { CanvasRenderer } from "./renderer-canvas.js";
import { NoWebglError, WebglRenderer } from "./renderer-webgl.js";

/** @typedef {WebglRenderer | CanvasRenderer} Renderer */
/** @typedef {{renderer: Renderer, why: string}} Choice `why` is to follow the renderer's name; empty if there is nothing to say */

const TRIALS = 3; // after one that warms up
const FAST_MS = 4; // a drawing that takes less is no reason to look for another way
const LONGEST_MS = 400; // of all trials of one renderer
const LESS = 0.5; // Canvas2D has to take less than this share: the browser shows its picture at a cost that is not seen here

/**
 * The renderer, with a canvas of its own.
 *
 * @param {import("./view.js").Wanted} wanted
 * @param {{columns: number, rows: number}} size of the picture in cells
 * @returns {Promise<Choice>}
 */
export async function choose(wanted, size) {
  if (wanted === "canvas") return { renderer: new CanvasRenderer(fresh()), why: "asked for" };
  const webgl = webglOr();
  if (webgl instanceof NoWebglError) return { renderer: new CanvasRenderer(fresh()), why: webgl.message };
  if (wanted === "webgl") return { renderer: webgl, why: "asked for" };
  const { columns, rows } = size;
  const most = { columns: Math.min(columns, webgl.most), rows: Math.min(rows, webgl.most) };
  const byWebgl = await timed(webgl, most, () => fenced(webgl));
  if (byWebgl <= FAST_MS) return { renderer: webgl, why: `${told(byWebgl)} ms a picture` };
  const canvas = new CanvasRenderer(fresh());
  const byCanvas = await timed(canvas, most, async () => (await createImageBitmap(canvas.canvas, 0, 0, 1, 1)).close());
  if (byCanvas < LESS * byWebgl) {
    webgl.dispose();
    return { renderer: canvas, why: `${told(byCanvas)} ms a picture, by WebGL2 ${told(byWebgl)} ms` };
  }
  return { renderer: webgl, why: `${told(byWebgl)} ms a picture, by Canvas2D ${told(byCanvas)} ms` };
}

/** What a drawing takes, until it is done: the middle one of some. @param {Renderer} renderer @param {{columns: number, rows: number}} size @param {() => Promise<void>} done */
async function timed(renderer, { columns, rows }, done) {
  const cells = new Uint8Array(2 * rows).map((_, i) => (i * 37) & 255);
  renderer.resize(columns, rows);
  const began = performance.now();
  const times = [];
  for (let i = 0; i <= TRIALS; i++) {
    const start = performance.now();
    renderer.put(i % columns, cells);
    renderer.draw((i + 1) % columns);
    await done();
    times.push(performance.now() - start);
    if (performance.now() - began > LONGEST_MS) break;
  }
  const judged = (times.length > 1 ? times.slice(1) : times).sort((a, b) => a - b);
  return judged[judged.length >> 1];
}

/** @param {WebglRenderer} webgl */
function fenced(webgl) {
  return /** @type {Promise<void>} */ (new Promise((resolve) => {
    setTimeout(resolve, LONGEST_MS); // a context that is lost tells nothing any more
    if (!webgl.whenDone(resolve, asks)) resolve();
  }));
}

/** Without the pauses that timers make. @param {() => void} ask */
function asks(ask) {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    ask();
  };
  port2.postMessage(null);
}

function webglOr() {
  try {
    return new WebglRenderer(fresh());
  } catch (error) {
    if (error instanceof NoWebglError) return error;
    throw error;
  }
}

function fresh() {
  return document.createElement("canvas");
}

/** @param {number} ms */
function told(ms) {
  return ms < 10 ? ms.toFixed(1) : ms.toFixed(0);
}
