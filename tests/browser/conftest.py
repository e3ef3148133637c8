"""The page in Debian's Chromium, against a whole stack with a living stream: what it tells is asserted, no times."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, sync_playwright

from kaizen.policy.store import DEFAULT_FILE
from local import paths
from local.phase.source import Source
from local.stack import Stack
from tests.browser.heatmap import PATIENCE_MS, STREAM

# WebGL by software, as on a machine without a graphics card; and no more than that: with ANGLE's own flags the browser
# would put whole pages together by it, too.
SOFTWARE_GL = ("--enable-unsafe-swiftshader",)
OSCILLATORS, HERTZ, PAST = 5_000, 10.0, 150

Opens = Callable[..., Page]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: a test's output is for what fails."""


@dataclass(frozen=True)
class Site:
    """Where somebody else's pages lie, and their origin."""

    origin: str
    folder: Path


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Site(f"http://localhost:{server.server_port}", folder)
        server.shutdown()


@pytest.fixture(scope="session")
def stack(site: Site) -> Iterator[Stack]:
    """A stack with a stream that has a past and goes on; pages of the site may read it."""
    policy = f'{DEFAULT_FILE.read_text(encoding="utf-8")}\n[cors]\norigins = ["{site.origin}"]\n'
    stack = Stack(0, print, policy, logs=paths.BUILD / "local" / "browser-logs")
    stack.start()
    source = Source(stack.addresses.api, STREAM, stack.secrets["producer"], OSCILLATORS, HERTZ, print)
    source.history(PAST)
    stack.drain()
    source.start()
    yield stack
    source.stop()
    stack.stop()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as made:
        yield made


def launched(playwright: Playwright, *arguments: str) -> Browser:
    return playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", *arguments])


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = launched(playwright, *SOFTWARE_GL)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def without_webgl(playwright: Playwright) -> Iterator[Browser]:
    browser = launched(playwright, "--disable-3d-apis")
    yield browser
    browser.close()


@pytest.fixture
def opened(chromium: Browser, stack: Stack) -> Iterator[Opens]:
    """Opens tabs at the page of the heatmap; at the end, none of them has complained about anything unforeseen."""
    contexts, complaints = [], []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    def open_page(
        query: str = "",
        stream: str = STREAM,
        browser: Browser | None = None,
        before: Any = None,
        address: str = "",
        **context: Any,
    ) -> Page:
        made = (browser or chromium).new_context(**context)
        contexts.append(made)
        made.set_default_timeout(PATIENCE_MS)
        page = made.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if before is not None:
            before(page)
        page.goto(address or f"{stack.addresses.api}/phase/?stream={stream}{query}")
        return page

    yield open_page
    for each in contexts:
        each.close()
    # Reading a picture back is slow, and the browser says so; nobody but the tests does it.
    assert [each for each in complaints if "GPU stall due to ReadPixels" not in each] == []
