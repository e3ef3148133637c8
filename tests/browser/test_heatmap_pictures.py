"""The same frames in WebGL and in Canvas2D: pixel by pixel the same picture, or a neighbour in the table of colours."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Opens
from tests.browser.heatmap import live

# Real frames of the living stream, decoded by the page's own modules, as columns of cells of a size; drawn by both.
PREPARE = """async () => {
  const assets = new URL('.', document.querySelector('script[type=module]').src);
  const [webgl, canvas, decode, frames, grid, colours] = await Promise.all(
    ['renderer-webgl', 'renderer-canvas', 'decode', 'frames', 'grid', 'colours'].map(
      (name) => import(new URL(`${name}.js`, assets))));
  const stream = new URLSearchParams(location.search).get('stream');
  const answer = await fetch(`streams/${stream}/frames?max=512`);
  const body = new Uint8Array(await answer.arrayBuffer());
  const messages = [...decode.decodeAll(body, null)].filter((each) => each.frames);
  const {nRows} = messages[0].header;
  const count = messages.reduce((sum, each) => sum + each.header.nFrames, 0);
  const kept = new frames.FrameWindow(nRows, count);
  for (const {header, frames: cells} of messages) {
    for (let t = 0; t < header.nFrames; t++) {
      kept.put(header.seq - header.nFrames + 1 + t, header.t0Us + t * header.dtUs, cells, t, header.bits);
    }
  }
  // How far two colours that are neighbours in the table lie apart, in the channel that differs most.
  const table = new Uint8Array(colours.table().buffer);
  const [angles, fades] = [colours.ANGLES, colours.FADES];
  const at = (angle, fade, k) => table[4 * (fade * angles + angle) + k];
  let step = 0;
  for (let fade = 0; fade < fades; fade++) {
    for (let angle = 0; angle < angles; angle++) {
      for (let k = 0; k < 3; k++) {
        step = Math.max(step, Math.abs(at(angle, fade, k) - at((angle + 1) % angles, fade, k)));
        if (fade + 1 < fades) step = Math.max(step, Math.abs(at(angle, fade, k) - at(angle, fade + 1, k)));
      }
    }
  }
  const read = (canvas) => {
    const copy = Object.assign(document.createElement('canvas'), {width: canvas.width, height: canvas.height});
    const context = copy.getContext('2d');
    context.drawImage(canvas, 0, 0);
    return context.getImageData(0, 0, copy.width, copy.height).data;
  };
  // `fill` gives the cells of a column; the ring is full, and its leftmost slot is `first`.
  const compared = ({columns, rows, first}, fill) => {
    const both = [webgl.WebglRenderer, canvas.CanvasRenderer].map((Kind) => new Kind(document.createElement('canvas')));
    for (const each of both) each.resize(columns, rows);
    for (let slot = 0; slot < columns; slot++) {
      const cells = fill(slot);
      for (const each of both) each.put(slot, cells);
    }
    const [left, right] = both.map((each) => { each.draw(first); return read(each.canvas); });
    let [differing, furthest, opaque] = [0, 0, 0];
    const seen = new Set();
    for (let i = 0; i < left.length; i += 4) {
      let apart = 0;
      for (let k = 0; k < 4; k++) apart = Math.max(apart, Math.abs(left[i + k] - right[i + k]));
      if (apart > 0) differing += 1;
      furthest = Math.max(furthest, apart);
      if (right[i + 3] === 255) {
        opaque += 1;
        if (seen.size < 1000) seen.add((right[i] << 16) | (right[i + 1] << 8) | right[i + 2]);
      }
    }
    for (const each of both) each.dispose();
    const all = columns * rows;
    return {columns, rows, share: differing / all, furthest, step, opaque: opaque / all, colours: seen.size};
  };
  globalThis.pictures = {grid, kept, count, nRows, compared};
}"""

FRAMES = """([rowsPerCell, framesPerColumn]) => {
  const {grid, kept, count, nRows, compared} = globalThis.pictures;
  const [columns, rows] = [Math.floor(count / framesPerColumn), Math.ceil(nRows / rowsPerCell)];
  const size = {rowsPerCell, framesPerColumn, columns, rows, cells: columns * rows, cell: 1, resolution: 1};
  const leftmost = Math.ceil(kept.oldest / framesPerColumn);
  return compared({columns, rows, first: columns >> 1}, (slot) => {
    const cells = new Uint8Array(2 * rows);
    grid.fillColumn(kept, size, leftmost + slot, kept.newest, cells);
    return cells;
  });
}"""

# Every angle with every R, and gaps; rows and columns that are no multiples of anything.
EVERYTHING = """([columns, rows]) => globalThis.pictures.compared({columns, rows, first: columns - 1}, (slot) => {
  const cells = new Uint8Array(2 * rows);
  for (let row = 0; row < rows; row++) {
    const number = slot * rows + row;
    cells[2 * row] = number & 255;
    cells[2 * row + 1] = (number >> 8) & 255;
  }
  return cells;
})"""


@pytest.fixture
def page(opened: Opens) -> Page:
    page = opened()
    live(page)
    page.evaluate(PREPARE)
    return page


def same(compared: dict[str, Any]) -> None:
    """What the pictures may differ in: half a per cent of the pixels, each by one step of the table."""
    assert compared["share"] <= 0.005, compared
    assert compared["furthest"] <= compared["step"], compared


def test_frames_of_the_stream(page: Page) -> None:
    for rows_per_cell, frames_per_column in ((1, 1), (3, 1), (7, 4)):
        compared = page.evaluate(FRAMES, [rows_per_cell, frames_per_column])
        same(compared)
        assert compared["opaque"] > 0.9, compared
        assert compared["colours"] > 200, compared


def test_every_angle_with_every_length(page: Page) -> None:
    for columns, rows in ((256, 256), (301, 233)):
        compared = page.evaluate(EVERYTHING, [columns, rows])
        same(compared)
        assert compared["colours"] > 900, compared
        assert compared["opaque"] < 1, "R of 0 is a gap"


def test_four_million_cells(page: Page) -> None:
    for columns, rows in ((1024, 4096), (4096, 1024)):
        compared = page.evaluate(EVERYTHING, [columns, rows])
        same(compared)
        assert compared["columns"] * compared["rows"] == 4_194_304
