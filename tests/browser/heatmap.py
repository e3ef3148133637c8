"""What the heatmap's page tells of itself, and the pixels of its picture."""

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Page

STREAM = "kuramoto"
# For what comes sooner or later; nothing is judged by how soon.
PATIENCE_MS = 90_000

_DATA = "() => ({...document.querySelector('adaptive-heatmap').dataset})"
_UNTIL = """([name, wanted]) => {
  const told = document.querySelector('adaptive-heatmap')?.dataset[name];
  return told !== undefined && (typeof wanted === 'number' ? Number(told) >= wanted : told === wanted);
}"""
_PIXELS = """() => {
  const heatmap = document.querySelector('adaptive-heatmap');
  if (!heatmap?.canvas) return {colours: 0}; // nothing is drawn yet
  heatmap.redraw();
  const {width, height} = heatmap.canvas;
  const copy = Object.assign(document.createElement('canvas'), {width, height});
  const context = copy.getContext('2d');
  context.drawImage(heatmap.canvas, 0, 0);
  const {data} = context.getImageData(0, 0, width, height);
  const pixels = new Uint32Array(data.buffer);
  let hash = 0;
  for (const each of pixels) hash = (Math.imul(hash, 31) + each) | 0;
  return {seq: Number(heatmap.dataset.seq), width, height, colours: new Set(pixels).size, hash};
}"""


def told(page: Page) -> Mapping[str, str]:
    """The element's data-… attributes."""
    data: Mapping[str, str] = page.evaluate(_DATA)
    return data


def until(page: Page, name: str, wanted: str | int) -> None:
    """Wait until an attribute is a text, or a number at least so large."""
    page.wait_for_function(_UNTIL, arg=[name, wanted])


def live(page: Page, after: int = 0) -> int:
    """Wait until the picture moves, and shows a frame later than one; the frame that it shows."""
    until(page, "state", "live")
    until(page, "seq", after + 1)
    return int(told(page)["seq"])


def coloured(page: Page) -> None:
    """Wait until angles are to be seen in colours: 256 where each cell is one row, more where it is a mean."""
    page.wait_for_function(f"() => ({_PIXELS})().colours > 200")


def pixels(page: Page) -> Mapping[str, Any]:
    """The newest frame of the picture, its size, how many colours are in it, and a hash of it all."""
    read: Mapping[str, Any] = page.evaluate(_PIXELS)
    return read
