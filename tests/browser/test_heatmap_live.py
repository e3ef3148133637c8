"""The living picture: it moves, by WebGL and without, says what it shows, and follows the load."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Opens
from tests.browser.heatmap import coloured, live, pixels, told, until

CAPTION = re.compile(
    r"1,000 of 5,000 rows, stratified, ± 0\.02, level 0, [\d.]+( × [\d.]+)? px cells.* because .*\d.*\.$", re.DOTALL
)


def moves_and_says_so(page: Page, renderer: str) -> None:
    coloured(page)  # angles in colours, not a grey sheet
    live(page)
    before = pixels(page)
    live(page, after=before["seq"])
    after = pixels(page)
    assert after["seq"] > before["seq"]
    assert after["hash"] != before["hash"]
    data = told(page)
    assert data["renderer"] == renderer
    assert (after["width"], after["height"]) == (int(data["columns"]), int(data["rows"]))
    expect(page.locator(".heat-caption")).to_have_text(CAPTION)
    expect(page.locator(".heat-r")).to_have_text(re.compile(r"r [01]\.\d\d"))
    expect(page.locator(".heat-title")).to_have_text("Phases of 5,000 oscillators")
    expect(page.locator(".heat-map")).to_have_attribute("aria-label", re.compile(r"order parameter is [01]\.\d\d"))
    expect(page.locator("schema-version-banner")).to_be_hidden()


def test_webgl_when_asked_for(opened: Opens) -> None:
    page = opened("&renderer=webgl")
    moves_and_says_so(page, "webgl2")
    expect(page.locator(".heat-by")).to_contain_text("WebGL2, asked for")


def test_else_the_one_that_draws_faster(opened: Opens) -> None:
    """Timed at the start, and told. Which one that is, is the machine's matter."""
    page = opened()
    coloured(page)
    expect(page.locator(".heat-by")).to_have_text(
        re.compile(r"Drawn by (WebGL2|Canvas2D), [\d.]+ ms a picture(, by (WebGL2|Canvas2D) [\d.]+ ms)?\. Stream")
    )


def test_canvas_when_asked_for(opened: Opens) -> None:
    page = opened("&renderer=canvas")
    moves_and_says_so(page, "canvas2d")
    expect(page.locator(".heat-by")).to_contain_text("Canvas2D, asked for")


def test_canvas_where_there_is_no_webgl(opened: Opens, without_webgl: Browser) -> None:
    page = opened(browser=without_webgl)
    moves_and_says_so(page, "canvas2d")
    expect(page.locator(".heat-by")).to_contain_text("the browser has no WebGL2")


def test_a_new_page_has_a_past(opened: Opens) -> None:
    """The ring's frames are there at once, not only those since the page was opened."""
    page = opened()
    live(page)
    page.wait_for_function(
        "() => { const d = document.querySelector('adaptive-heatmap').dataset; return d.newest - d.oldest >= 110; }"
    )


COMPARED = """async () => {
  const assets = new URL('.', document.querySelector('script[type=module]').src);
  const [{WebglRenderer}, {CanvasRenderer}] = await Promise.all(
    ['renderer-webgl.js', 'renderer-canvas.js'].map((name) => import(new URL(name, assets))));
  const read = (canvas) => {
    const copy = Object.assign(document.createElement('canvas'), {width: canvas.width, height: canvas.height});
    const context = copy.getContext('2d');
    context.drawImage(canvas, 0, 0);
    return context.getImageData(0, 0, copy.width, copy.height).data;
  };
  let state = 7;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24;
  const results = [];
  for (const [columns, rows] of [[37, 91], [300, 333], [1024, 4096], [5, 3]]) {
    // Tiles of 64 in a texture's stead: those of a wall of screens on an old graphics card, made small.
    const both = [new WebglRenderer(document.createElement('canvas'), rows === 333 ? 64 : undefined),
                  new CanvasRenderer(document.createElement('canvas'))];
    for (const each of both) each.resize(columns, rows);
    for (let slot = 0; slot < columns; slot += 2) { // every other one stays a gap
      const cells = Uint8Array.from({length: 2 * rows}, (_, i) => i % 14 === 5 ? 0 : random());
      for (const each of both) each.put(slot, cells);
    }
    for (const first of [0, 3, columns - 1]) {
      const [webgl, canvas] = both.map((each) => { each.draw(first); return read(each.canvas); });
      let differing = 0, opaque = 0;
      for (let i = 0; i < webgl.length; i += 4) {
        if ([0, 1, 2, 3].some((k) => webgl[i + k] !== canvas[i + k])) differing += 1;
        if (webgl[i + 3] === 255) opaque += 1;
      }
      results.push({columns, rows, first, share: differing / (columns * rows), opaque: opaque / (columns * rows)});
    }
    for (const each of both) each.dispose();
  }
  return results;
}"""


def test_both_draw_the_same_picture(opened: Opens) -> None:
    """Also where the ring wraps, with gaps, in several tiles, and at 4096 × 1024 cells."""
    page = opened()
    live(page)
    compared = page.evaluate(COMPARED)
    assert len(compared) == 12
    for each in compared:
        assert each["share"] <= 0.005, each
        assert 0.3 < each["opaque"] < 0.7, each


def test_a_lost_context_comes_back(opened: Opens) -> None:
    page = opened("&renderer=webgl")
    coloured(page)
    seq = live(page)
    page.evaluate("""async () => {
      const canvas = document.querySelector('adaptive-heatmap').canvas;
      const lose = canvas.getContext('webgl2').getExtension('WEBGL_lose_context');
      const lost = new Promise((resolve) => canvas.addEventListener('webglcontextlost', resolve, {once: true}));
      lose.loseContext();
      await lost;
      const restored = new Promise((resolve) => canvas.addEventListener('webglcontextrestored', resolve, {once: true}));
      setTimeout(() => lose.restoreContext());
      await restored;
    }""")
    live(page, after=seq)
    coloured(page)
    assert told(page)["renderer"] == "webgl2"


def test_a_context_that_is_lost_for_good_gives_way(opened: Opens) -> None:
    page = opened("&renderer=webgl")
    seq = live(page)
    page.evaluate(
        "document.querySelector('adaptive-heatmap').canvas.getContext('webgl2').getExtension('WEBGL_lose_context').loseContext()"
    )
    until(page, "renderer", "canvas2d")
    live(page, after=seq)
    coloured(page)
    expect(page.locator(".heat-by")).to_contain_text("Canvas2D, the context of WebGL2 was lost")


LOAD = """
globalThis.load = 0; // ms of each animation frame that something else takes
const burn = () => {
  const until = performance.now() + globalThis.load;
  while (performance.now() < until);
  requestAnimationFrame(burn);
};
requestAnimationFrame(burn);
"""


def test_cells_grow_under_load_and_say_why(opened: Opens) -> None:
    page = opened(before=lambda page: page.add_init_script(LOAD))
    live(page)
    finest = int(told(page)["columns"]) * int(told(page)["rows"])
    page.evaluate("() => (globalThis.load = 60)")
    until(page, "resolution", "0.20")
    data = told(page)
    assert int(data["columns"]) * int(data["rows"]) <= finest
    assert re.search(r"^finer ones (took [\d.]+ of [\d.]+ ms|came (at \d+ frames a second|late))", data["reason"]), data
    assert pixels(page)["colours"] > 100


WRITTEN = """async () => {
  let [times, frames] = [0, 0];
  const observer = new MutationObserver(() => (times += 1));
  observer.observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
  const began = performance.now();
  await new Promise((resolve) => {
    const next = () => (++frames < 150 ? requestAnimationFrame(next) : resolve());
    requestAnimationFrame(next);
  });
  return {times, seconds: (performance.now() - began) / 1000};
}"""


def test_nothing_is_written_to_the_page_for_each_frame(opened: Opens) -> None:
    """However many frames there are: four times a second, and when an answer of the stream has come."""
    page = opened()
    coloured(page)
    page.locator(".heat-map").press("ArrowUp")  # the note beside the cursor is kept up to date, too
    written = page.evaluate(WRITTEN)
    assert written["times"] <= 4 * written["seconds"] + 3 * written["seconds"] + 5, written


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone(opened: Opens, scheme: str) -> None:
    page = opened(viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, color_scheme=scheme)
    live(page)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    expect(page.locator(".heat-caption")).to_have_text(CAPTION)
    assert int(told(page)["columns"]) * int(told(page)["rows"]) <= 4_400_000
