"""How soon are 4.19 million cells on the screen, and how long does a new column take? Ours beside Plotly's heatmap and
uPlot's heatmap path, in one run, in the same Chromium.

    PYTHONPATH=layers/common:functions:. python -m benchmarks.heatmap

All have the phases of 4096 frames of 1024 rows in memory and draw 1280 × 720 pixels, without a graphics card. Ours
takes the mean vector of all that falls on a pixel, the peers one of them. Plotly is taken as it comes, and at its
fastest settings: cells as one image, and neither axes nor read-out. Each draws some times; what counts is its best,
which tells least of what else the machine does.

A page that was just opened has compiled nothing yet, neither ours nor theirs. Our page never shows such a picture then:
it has been live for a while when somebody looks at so much of the past. So the bar is for pages that have drawn before:
30 times as fast as Plotly as it comes. Of pages just opened the middle is told, without a bar.
"""

import sys
from collections.abc import Callable
from statistics import median
from typing import Any

from playwright.sync_api import Page

from benchmarks.browser import chromium, complaining, processor, served
from tests.architecture.house import FUNCTIONS, ROOT

WARMING, DRAWN, OPENED = 4, 8, 5
BAR = 30.0
PEERS = ROOT / ".build" / "peers" / "node_modules"
DOCUMENT = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script src="/peers/plotly.js-dist-min/plotly.min.js"></script>
<script src="/peers/uplot/dist/uPlot.iife.min.js"></script>
<body></body>"""
ASK = "async ([name, ...given]) => (await import('/benchmarks/heatmap_peers.js'))[name](...given)"

DRAWS = {"ours": ("ours",), "Plotly": ("plotly", "usual"), "Plotly at its fastest": ("plotly", "fastest")}

Times = dict[str, Any]


def ask(page: Page, name: str, *given: str) -> Any:
    return page.evaluate(ASK, [name, *given])


def living(page: Page) -> dict[str, Times]:
    """The best of each in a page that has drawn before; uPlot draws less often, for it takes long."""
    found = {}
    for name, call in DRAWS.items():
        drawn = [ask(page, *call) for _ in range(WARMING + DRAWN)][WARMING:]
        found[name] = of(drawn, min)
    return found | {"uPlot": of([ask(page, "uplot") for _ in range(2)], min)}


def opened(page: Page) -> dict[str, Times]:
    """The middle of each, every one in a page that was just opened."""
    found: dict[str, list[Times]] = {name: [] for name in DRAWS}
    for _ in range(OPENED):
        for name, call in DRAWS.items():
            page.reload()
            found[name].append(ask(page, *call))
    return {name: of(drawn, median) for name, drawn in found.items()}


def of(drawn: list[Times], pick: Callable[[list[float]], float]) -> Times:
    return {"by": drawn[0].get("by", "")} | {what: pick([each[what] for each in drawn]) for what in ("first", "append")}


def report(found: dict[str, Times]) -> float:
    """Prints all of it; how many times as long as ours Plotly's first picture takes."""
    for name, times in found.items():
        print(f"{name:<22} first picture {times['first']:8.1f} ms   a column more {times['append']:8.2f} ms")
    ours = found["ours"]
    for what, said in (("first", "first picture"), ("append", "a column more")):
        peers = [f"{times[what] / ours[what]:.0f} × {name}" for name, times in found.items() if name != "ours"]
        print(f"  {said}: {', '.join(peers)}")
    return float(found["Plotly"]["first"] / ours["first"])


def main() -> int:
    folders = {"web": FUNCTIONS / "phase_heatmap" / "web", "peers": PEERS, "benchmarks": ROOT / "benchmarks"}
    with chromium() as browser, served(DOCUMENT, **folders) as address:
        page = complaining(browser.new_page(viewport={"width": 1280, "height": 720}))
        page.goto(address)
        print(f"{processor()}; Chromium {browser.version}, WebGL by software")
        best = living(page)
        print(f"the page chose {best['ours']['by']}")
        reached = report(best)
        print("in pages that were just opened:")
        report(opened(page))
    print(f"{'bar held' if reached >= BAR else 'BELOW THE BAR'}: {BAR:.0f} × Plotly's first picture")
    return int(reached < BAR)


if __name__ == "__main__":
    sys.exit(main())
