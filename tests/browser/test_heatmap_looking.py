"""What a person does with the picture: hold it, point at it, choose rows and times, and send a link to it."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Opens
from tests.browser.heatmap import coloured, live, pixels, told, until

WINDOW = {"width": 1100, "height": 800}  # the same for pages whose pictures are compared
FULL = """() => {
  const d = document.querySelector('adaptive-heatmap').dataset;
  return d.mode === 'live' && d.newest - d.oldest >= 290;
}"""
READ = """() => {
  const heatmap = document.querySelector('adaptive-heatmap');
  heatmap.redraw();
  const {width, height} = heatmap.canvas;
  const copy = Object.assign(document.createElement('canvas'), {width, height});
  const context = copy.getContext('2d');
  context.drawImage(heatmap.canvas, 0, 0);
  return {width, height, data: [...new Uint32Array(context.getImageData(0, 0, width, height).data.buffer)]};
}"""


def address(page: Page, **expected: str) -> str:
    """The page's address, once it has these parameters."""
    for name, value in expected.items():
        page.wait_for_function(
            "([name, wanted]) => new RegExp(wanted).test(new URL(location).searchParams.get(name) ?? '')",
            arg=[name, value],
        )
    return page.url


def query_of(url: str) -> str:
    return "&" + url.partition("?")[2].removeprefix("stream=kuramoto&")


def test_the_page_counts_the_bytes_that_the_server_counts(opened: Opens) -> None:
    page = opened()
    live(page)
    page.wait_for_function("() => document.querySelector('adaptive-heatmap').dataset.audited")
    audit: dict[str, Any] = json.loads(told(page)["audited"])
    assert audit["browser"]["responses"] >= 5
    assert audit["browser"] == {name: audit["server"][name] for name in ("bytes", "responses")}
    assert audit["difference_bytes"] == 0
    assert int(told(page)["received"]) >= audit["browser"]["bytes"] > 10_000
    expect(page.locator(".heat-by")).to_contain_text("the server counts the same")


def test_a_picture_that_is_held_stays_and_a_link_shows_it_again(opened: Opens) -> None:
    page = opened(viewport=WINDOW)
    page.wait_for_function(FULL)  # history has filled what was before the page came
    page.locator(".heat-map").press(" ")
    until(page, "mode", "paused")
    held, told_then = page.evaluate(READ), told(page)
    page.wait_for_timeout(2500)
    assert page.evaluate(READ) == held
    assert told(page)["seq"] == told_then["seq"]
    expect(page.locator(".heat-state")).to_have_text(re.compile(r"Paused at \d\d:\d\d:\d\d"))
    other = opened(query_of(address(page, at="Z$")), viewport=WINDOW)
    until(other, "mode", "paused")
    coloured(other)
    same = other.evaluate(READ)
    assert (same["width"], same["height"]) == (held["width"], held["height"])
    differing = sum(a != b for a, b in zip(held["data"], same["data"], strict=True))
    assert differing <= 0.01 * len(held["data"]), "frames of the last moment may not have been stored yet"
    other.get_by_role("button", name="Back to live").click()
    live(other, after=int(told_then["seq"]))
    assert "at=" not in other.url


def test_a_point_says_what_it_shows_to_pointer_and_keys(opened: Opens) -> None:
    page = opened()
    coloured(page)
    live(page)
    page.get_by_role("button", name="Pause").click()
    box = page.locator(".heat-map").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.95 * box["width"], box["y"] + 0.5 * box["height"])
    tip = page.locator(".heat-tip")
    expect(tip).to_have_text(
        re.compile(r"\d\d:\d\d:\d\d\.\d, r 0\.\d\drows? [\d,]+.*(\d\.\d\d rad \(\d+°\)|no common phase), R [01]\.\d\d")
    )
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] - 20)
    expect(tip).to_be_hidden()
    page.locator(".heat-map").press("ArrowRight")
    expect(tip).to_be_visible()
    page.locator(".heat-map").press("Shift+ArrowUp")
    spoken = page.locator(".heat-spoken")
    expect(spoken).to_have_text(re.compile(r"\d\d:\d\d:\d\d\.\d, .*rows? [\d,]+.*, R [01]\.\d\d"))
    expect(spoken).to_have_attribute("aria-live", "polite")
    page.locator(".heat-map").press("Escape")
    expect(tip).to_be_hidden()


def test_rows_are_chosen_by_dragging_keys_and_numbers(opened: Opens) -> None:
    page = opened("&rows=101-300")
    coloured(page)
    assert (told(page)["firstRow"], told(page)["lastRow"]) == ("101", "300")
    expect(page.locator(".heat-caption")).to_contain_text("rows 101 to 300 shown")
    box = page.locator(".heat-map").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 300, box["y"] + 0.25 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 320, box["y"] + 0.75 * box["height"], steps=4)
    page.mouse.up()
    address(page, rows=r"^15\d-25\d$")
    assert int(told(page)["lastRow"]) - int(told(page)["firstRow"]) in range(98, 103)
    page.locator(".heat-map").press("-")
    page.locator(".heat-map").press("0")
    until(page, "lastRow", "1000")
    assert "rows=" not in page.url
    page.get_by_label("Rows", exact=True).last.fill("7")
    page.get_by_label("Rows", exact=True).last.press("Enter")
    until(page, "firstRow", "7")
    page.get_by_role("button", name="All rows").click()
    until(page, "firstRow", "1")
    for typed, first, last in (("5000", "1", "1000"), ("-5", "1", "1"), ("0", "1", "1"), ("12", "1", "12")):
        field = page.get_by_label("to", exact=True).first
        field.fill(typed)
        field.press("Enter")
        until(page, "lastRow", last)
        expect(field).to_have_value(last)
        expect(page.get_by_label("Rows", exact=True).last).to_have_value(first)
    page.get_by_role("button", name="All rows").click()
    until(page, "lastRow", "1000")
    assert pixels(page)["colours"] > 200


def test_history_is_drawn_from_levels_with_the_newest_columns(opened: Opens) -> None:
    page = opened(timezone_id="UTC")
    live(page)
    page.get_by_role("button", name="5 min").click()
    address(page, last="^5m$")
    page.wait_for_function("() => document.querySelector('adaptive-heatmap').dataset.level === '1'")
    coloured(page)
    expect(page.locator(".heat-caption")).to_contain_text("level 1 of 0.4 s a column")
    expect(page.locator(".heat-state")).to_have_text("The last 5 minutes")
    assert int(told(page)["newest"]) >= 745, "up to now, although no chunk of level 1 may be complete"
    now = datetime.now(UTC)
    page.get_by_role("button", name="From … to").click()
    for label, at in (("From", now - timedelta(seconds=40)), ("to", now - timedelta(seconds=10))):
        page.get_by_label(label, exact=True).last.fill(at.strftime("%Y-%m-%dT%H:%M:%S"))
    page.get_by_role("button", name="Show").click()
    url = address(page, **{"from": "Z$", "to": "Z$"})
    until(page, "level", "0")
    coloured(page)
    other = opened(query_of(url), timezone_id="UTC")
    coloured(other)
    assert told(other)["mode"] == "range"
    assert pixels(other)["hash"] == pixels(page)["hash"]


def test_a_time_without_frames_says_so(opened: Opens) -> None:
    page = opened("&from=2020-01-01T00:00:00Z&to=2020-01-01T01:00:00Z")
    expect(page.locator(".heat-empty")).to_have_text("There were no frames at that time.")
    expect(page.locator(".heat-caption")).to_be_hidden()  # it is of another time, as the picture below is
    page.get_by_role("button", name="Live").click()
    live(page)
    expect(page.locator(".heat-empty")).to_be_hidden()
