"""What a browser asks for, and the file as the answer to that: coding, tag, or that nothing is new. Pure."""

from collections.abc import Mapping

from kaizen.phase.page import File, Page
from kaizen.runtime.conditional import not_modified
from kaizen.runtime.content import compressed, quality
from kaizen.runtime.http import Event, Response, header, method, problem, reply

DOCUMENT_ROUTES = ("GET /phase/", "HEAD /phase/")
ASSET_ROUTES = ("GET /phase/assets/{path+}", "HEAD /phase/assets/{path+}")

# Nothing that the address of an asset names ever changes; the document is asked for each time, and costs a 304.
_FOR_EVER = "public, max-age=31536000, immutable"
_EACH_TIME = "no-cache"

# Of the elements for pages of others: it changes when a page that uses them would have to change. Builds come and go.
VERSION = "v1"

# Scripts and styles hold nothing but what is public, and no page can do more with them than with a copy: any may use
# them. What they read of phases, the policy's origins decide.
_FOR_ALL = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}


def answer(event: Event, page: Page, history: str) -> Response:
    """200 or 304 for what the page has, else 404. `history` is the origin from which browsers read stored chunks."""
    route = str(event.get("routeKey", ""))
    if route in DOCUMENT_ROUTES:
        return representation(event, page.document, document_headers(history))
    if route in ASSET_ROUTES:
        path = str((event.get("pathParameters") or {}).get("path", ""))
        # A name is looked up among the files that were read, and is never a path of the file system.
        build, _, name = path.partition("/")
        if build == page.build and name in page.assets:
            return representation(event, page.assets[name], _FOR_ALL | {"cache-control": _FOR_EVER})
        if build == VERSION and name in page.assets:
            # From there on, all that a module imports is of one build.
            return reply(307, "", _FOR_ALL | {"location": f"../{page.build}/{name}", "cache-control": _EACH_TIME})
        return problem(404, "Not Found", "the page has no such asset; load it anew from /phase/", build=page.build)
    return problem(404, "Not Found", "the page is /phase/")


def document_headers(history: str) -> dict[str, str]:
    """All that the document may load comes from here, but for chunks, which are a redirect to `history`."""
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": f"'self' {history}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "cache-control": _EACH_TIME,
        "content-security-policy": "; ".join(f"{name} {sources}" for name, sources in policy.items()),
        "cross-origin-opener-policy": "same-origin",
        "referrer-policy": "no-referrer",
    }


def representation(event: Event, file: File, headers: Mapping[str, str]) -> Response:
    """The file in the coding that the browser takes, or 304 when it has that already."""
    zipped = quality(header(event, "accept-encoding"), "gzip") > 0
    # Each coding is another representation, and a strong tag names the bytes of one.
    etag = f'"{file.digest[:32]}{"-gzip" if zipped else ""}"'
    given = dict(headers) | {"etag": etag, "vary": "Accept-Encoding", "x-content-type-options": "nosniff"}
    if not_modified(header(event, "if-none-match"), "", etag, None):
        return reply(304, "", given)
    given["content-type"] = file.content_type
    if zipped:
        given["content-encoding"] = "gzip"
    if method(event) == "HEAD":
        return reply(200, "", given)
    return reply(200, compressed(file.data) if zipped else file.data.decode("utf-8"), given)
