"""The elements in a page of another origin: the example as it stands, but for the address of the API."""

import pytest
from playwright.sync_api import Browser, Page, expect

from local.stack import Stack
from tests.architecture.house import ROOT
from tests.browser.conftest import Opens, Site
from tests.browser.heatmap import PATIENCE_MS, coloured, live, told, until
from tests.browser.test_heatmap_trouble import another, differs

EXAMPLE = ROOT / "examples" / "embed" / "index.html"
API = "http://127.0.0.1:8700"  # of `make run`


@pytest.fixture
def example(site: Site, stack: Stack) -> str:
    """The origin where the example is served."""
    text = EXAMPLE.read_text(encoding="utf-8")
    assert API in text
    (site.folder / "index.html").write_text(text.replace(API, stack.addresses.api), encoding="utf-8")
    return site.origin


def test_the_example_lives_in_a_page_of_another_origin(opened: Opens, stack: Stack, example: str) -> None:
    page = opened(address=example)
    coloured(page)
    seq = live(page)
    live(page, after=seq)
    assert page.evaluate("() => location.origin") == example != stack.addresses.api
    expect(page.locator(".heat-caption")).to_contain_text("1,000 of 5,000 rows")
    assert int(told(page)["received"]) > 0, "the browser tells a page of another origin how many bytes came"
    styles = page.evaluate("() => [getComputedStyle(document.body).fontFamily, getComputedStyle(document.body).color]")
    assert styles == ["Georgia, serif", "rgb(40, 48, 63)"], "what is around the element stays as it was"


def test_the_past_of_it_too(opened: Opens, example: str) -> None:
    """Chunks are read from the bucket, which is a third origin."""
    page = opened(address=example)
    coloured(page)
    page.get_by_role("button", name="5 min").click()
    until(page, "mode", "last")
    coloured(page)
    expect(page.locator(".heat-empty")).to_be_hidden()


def test_the_banner_follows_it(opened: Opens, example: str) -> None:
    page = opened(address=example)
    live(page)
    differs(page, another("a-newer-page"))
    until(page, "state", "refused")
    banner = page.locator("schema-version-banner")
    expect(banner).to_be_visible()
    expect(banner.get_by_role("button")).to_have_text("Reload")


def test_a_page_that_the_policy_does_not_name_reads_nothing(chromium: Browser, example: str) -> None:
    """The same page by another name: its scripts come, as anybody's may, and the API's answers stay closed to it."""
    page: Page = chromium.new_page()
    page.set_default_timeout(PATIENCE_MS)
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text) if "CORS policy" in message.text else None)
    page.goto(example.replace("localhost", "127.0.0.1"))
    until(page, "state", "offline")
    assert any("/phase/handshake" in each for each in blocked), blocked
    page.close()
