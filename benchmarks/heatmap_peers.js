// In the browser: the same phases drawn by our page's modules, by Plotly and by uPlot, one after the other.
//
// A drawing has ended when its pixels are there: a read of one pixel waits for that, and Plotly's picture is decoded.

import { choose } from "/web/choose.js";
import { FrameWindow } from "/web/frames.js";
import { sizesOf } from "/web/grid.js";
import { Picture } from "/web/picture.js";

const [WIDTH, HEIGHT] = [1280, 720];
export const [FRAMES, ROWS] = [4096, 1024];
const APPENDED = 16;
const BINS = 64; // colours of uPlot's cells

/** Rows that turn at speeds of their own, in 256ths of a turn. */
const angle = (t, row) => (((0.003 + row * 7e-6) * t + 0.1 * Math.sin(row * 0.7) + row / 1500) * 256) & 255;

const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

/** Runs `act` when the browser is at rest; milliseconds until what it returns has come. */
async function timed(act) {
  await frame();
  await frame();
  const began = performance.now();
  await act();
  return performance.now() - began;
}

function place(made) {
  made.style.cssText = `position: fixed; inset: 0; width: ${WIDTH}px; height: ${HEIGHT}px`;
  document.body.append(made);
  return made;
}

/** One pixel of a canvas, once all that was drawn on it is there. */
const drawn = async (canvas) => (await createImageBitmap(canvas, 0, 0, 1, 1)).close();

// ---------------------------------------------------------------------------------------------------- ours

let kept = null;

function phases() {
  if (kept !== null) return kept;
  kept = new FrameWindow(ROWS, FRAMES);
  for (let t = 0; t < FRAMES; t++) append(kept, t);
  return kept;
}

function append(frames, t) {
  const angles = Uint8Array.from({ length: ROWS }, (_, row) => angle(t, row));
  frames.put(t, 33_333 * t, { angles, resultant: null, missing: null }, 0, 8);
}

export async function ours() {
  const frames = phases();
  const picture = new Picture();
  // As on the page: the renderer is chosen while the frames are still on their way.
  const { renderer, why } = await choose("auto", { columns: WIDTH, rows: HEIGHT });
  picture.renderer = renderer;
  const { canvas } = renderer;
  place(canvas);
  const [size] = sizesOf({ width: WIDTH, height: HEIGHT, rows: ROWS, frames: FRAMES, most: renderer.most });
  const first = await timed(() => {
    picture.show(frames, size, frames.newest);
    return drawn(canvas);
  });
  const appends = [];
  for (let i = 0; i < APPENDED; i++) {
    append(frames, frames.newest + 1);
    appends.push(await timed(() => {
      picture.advance(frames.newest);
      return drawn(canvas);
    }));
  }
  renderer.dispose();
  canvas.remove();
  return { first, append: median(appends), by: `${renderer.kind}, ${why}` };
}

// ---------------------------------------------------------------------------------------------------- Plotly

// As it comes, with axes, a colour bar and a read-out as ours has; and at its fastest: cells as one image and nothing else.
const LOOKS = {
  usual: [{}, {}, {}],
  fastest: [
    { zsmooth: "fast", showscale: false, hoverinfo: "skip" },
    { margin: { l: 0, r: 0, t: 0, b: 0 }, xaxis: { visible: false }, yaxis: { visible: false } },
    { staticPlot: true },
  ],
};

/** @param {"usual" | "fastest"} look */
export async function plotly(look) {
  const z = Array.from({ length: ROWS }, (_, row) => Float32Array.from({ length: FRAMES }, (_, t) => angle(t, row)));
  const div = place(document.createElement("div"));
  const [trace, layout, config] = LOOKS[look];
  const shown = () => Promise.all([...div.querySelectorAll("image")].map((each) => {
    const image = new Image();
    image.src = each.getAttribute("href") ?? each.getAttributeNS("http://www.w3.org/1999/xlink", "href");
    return image.decode();
  }));
  const first = await timed(async () => {
    const given = { type: "heatmap", z, zmin: 0, zmax: 255, ...trace };
    await Plotly.newPlot(div, [given], { width: WIDTH, height: HEIGHT, ...layout }, config);
    await shown();
  });
  z.forEach((row, i) => {
    row.copyWithin(0, 1);
    row[FRAMES - 1] = angle(FRAMES, i);
  });
  const appended = await timed(async () => {
    await Plotly.restyle(div, { z: [z] });
    await shown();
  });
  Plotly.purge(div);
  div.remove();
  return { first, append: appended };
}

// ---------------------------------------------------------------------------------------------------- uPlot

/** A heatmap as uPlot's users draw it: a rectangle for each cell, in a path for each colour. */
export async function uplot() {
  const [xs, ys, values] = [0, 1, 2].map(() => new Float32Array(FRAMES * ROWS));
  for (let t = 0, i = 0; t < FRAMES; t++) {
    for (let row = 0; row < ROWS; row++, i++) [xs[i], ys[i], values[i]] = [t, row, angle(t, row)];
  }
  const colours = Array.from({ length: BINS }, (_, bin) => `hsl(${(360 * bin) / BINS} 60% 50%)`);
  const cells = (plot, series) => {
    const [x, y, value] = plot.data[series];
    const wide = plot.bbox.width / FRAMES;
    const high = plot.bbox.height / ROWS;
    const paths = colours.map(() => new Path2D());
    for (let i = 0; i < x.length; i++) {
      paths[(value[i] * BINS) >> 8].rect(plot.bbox.left + x[i] * wide, plot.bbox.top + y[i] * high, wide, high);
    }
    paths.forEach((path, bin) => {
      plot.ctx.fillStyle = colours[bin];
      plot.ctx.fill(path);
    });
    return null;
  };
  const div = place(document.createElement("div"));
  const options = {
    mode: 2, width: WIDTH, height: HEIGHT, pxAlign: 0, legend: { show: false }, cursor: { show: false },
    scales: { x: { time: false, range: [0, FRAMES] }, y: { range: [0, ROWS] } },
    axes: [{ show: false }, { show: false }],
    series: [{}, { facets: [{ scale: "x", auto: false }, { scale: "y", auto: false }], paths: cells }],
  };
  let plot = null;
  const first = await timed(async () => {
    await new Promise((resolve) => (plot = new uPlot({ ...options, hooks: { draw: [resolve] } }, [null, [xs, ys, values]], div)));
    await drawn(plot.ctx.canvas);
  });
  values.copyWithin(0, ROWS);
  const appended = await timed(async () => {
    await new Promise((resolve) => {
      plot.hooks.draw = [resolve];
      plot.setData([null, [xs, ys, values]], false);
      plot.redraw();
    });
    await drawn(plot.ctx.canvas);
  });
  plot.destroy();
  div.remove();
  return { first, append: appended };
}

function median(numbers) {
  return numbers.sort((a, b) => a - b)[numbers.length >> 1];
}
