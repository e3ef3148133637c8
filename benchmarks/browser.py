"""Debian's Chromium with WebGL by software, folders served to it, and the name of the processor. Part of the heatmap's
benchmarks.
"""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.architecture.house import ROOT

# WebGL by software. No more than that: `--use-angle=swiftshader --ignore-gpu-blocklist` would have the browser put its
# windows together by SwiftShader, too, which no machine without a graphics card does, and which takes 33 ms at 1080p.
SOFTWARE_GL = ("--enable-unsafe-swiftshader",)


def processor() -> str:
    """Its name and how many of its cores there are."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else 'unknown'}, {os.cpu_count()} cores"


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", *SOFTWARE_GL])
        yield browser
        browser.close()


def complaining(page: Page) -> Page:
    """A page of which the first error ends the run."""

    def fail(error: object) -> None:
        print(f"the page fails: {error}")
        os._exit(1)

    page.on("pageerror", fail)
    return page


class _Folders(SimpleHTTPRequestHandler):
    """`/name/…` is a file below the folder of that name; `/` is the document."""

    folders: Mapping[str, Path]
    document: str

    def do_GET(self) -> None:
        if self.path == "/":
            body = self.document.encode()
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        else:
            super().do_GET()

    def translate_path(self, path: str) -> str:
        name, _, rest = path.lstrip("/").partition("?")[0].partition("/")
        return str(self.folders.get(name, ROOT / "nothing") / rest)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""


@contextmanager
def served(document: str, **folders: Path) -> Iterator[str]:
    """The address of the document."""
    handler = type("Folders", (_Folders,), {"document": document, "folders": folders})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
