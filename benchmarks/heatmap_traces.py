"""What drawings of the heatmap cost, one after the other, in Debian's Chromium without a graphics card: by WebGL2 and
by Canvas2D, in five sizes of cells, on a machine that is idle and on one whose cores others use, too.

    PYTHONPATH=layers/common:functions:. python -m benchmarks.heatmap_traces --write

With `--write` it replaces `tests/vectors/heatmap-costs.json`, which the controller's tests replay on displays of all
rates. No bar: only what is recorded on one machine can be replayed the same on each.
"""

import json
import sys
from typing import Any

from benchmarks.browser import chromium, complaining, processor, served
from tests.architecture.house import FUNCTIONS, ROOT

COSTS = ROOT / "tests" / "vectors" / "heatmap-costs.json"
DOCUMENT = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><body></body>'
BUSY_WORKERS = 3
# A thousand rows, thirty frames a second, at 1920 × 1080. Costs in tenths of a millisecond.
RECORD = """async ([kind, workers]) => {
  const [{ Picture }, { FrameWindow }, { sizesOf }, { WebglRenderer }, { CanvasRenderer }] = await Promise.all(
    ["picture", "frames", "grid", "renderer-webgl", "renderer-canvas"].map((name) => import(`/web/${name}.js`)));
  const [rows, frames, drawn] = [1000, 900, 120];
  const window = new FrameWindow(rows, frames);
  const angles = new Uint8Array(rows).map((_, i) => i * 37);
  for (let seq = 0; seq < frames; seq++) window.put(seq, seq, { angles, resultant: null, missing: null }, 0, 8);
  const all = sizesOf({ width: 1920, height: 1080, rows, frames, most: 4096 });
  const sizes = [0, 0.25, 0.5, 0.75, 1].map((share) => all[Math.round(share * (all.length - 1))]);
  const spin = URL.createObjectURL(new Blob(["for (;;) Math.random()"]));
  const busy = Array.from({ length: workers }, () => new Worker(spin));
  const canvas = document.body.appendChild(document.createElement("canvas"));
  const renderer = kind === "webgl2" ? new WebglRenderer(canvas) : new CanvasRenderer(canvas);
  const picture = new Picture();
  picture.renderer = renderer;
  const found = [];
  for (const size of sizes) {
    picture.show(window, size, frames - 1);
    const ms = [];
    for (let i = 0; i < drawn + 10; i++) {
      await new Promise(requestAnimationFrame);
      const seq = frames + i;
      window.put(seq, seq, { angles, resultant: null, missing: null }, 0, 8);
      const began = performance.now();
      picture.advance(seq);
      await new Promise((done) => renderer.whenDone(done) || done());
      if (i >= 10) ms.push(Math.round(10 * (performance.now() - began)));
    }
    found.push({ cells: size.cells, tenths: ms });
  }
  for (const each of busy) each.terminate();
  canvas.remove();
  return found;
}"""


def main() -> int:
    costs: dict[str, dict[str, Any]] = {}
    with chromium() as browser, served(DOCUMENT, web=FUNCTIONS / "phase_heatmap" / "web") as address:
        page = complaining(browser.new_page(viewport={"width": 1920, "height": 1080}))
        page.goto(address)
        print(f"{processor()}; Chromium {browser.version}, WebGL by software")
        for kind in ("webgl2", "canvas2d"):
            costs[kind] = {}
            for load, workers in (("idle", 0), ("busy", BUSY_WORKERS)):
                costs[kind][load] = found = page.evaluate(RECORD, [kind, workers])
                for each in found:
                    low, middle, high = (sorted(each["tenths"])[at] / 10 for at in (6, 60, 113))
                    print(f"{kind:<9}{load:<5}{each['cells']:>9,} cells: {low:.1f}, {middle:.1f}, {high:.1f} ms")
    if sys.argv[1:] == ["--write"]:
        COSTS.write_text(json.dumps(costs, separators=(",", ":")) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
