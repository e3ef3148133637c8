"""Text that people wrote, made fit for XML, for plain-text titles and for HTML. Pure.

Tickets come from outside: a title may hold control characters, half a surrogate pair, markup or 10,000 emoji.
"""

import html
import re
from urllib.parse import quote

from kaizen.slack.graphemes import clusters

_PLANE_ENDS = "".join(chr(plane << 16 | low) for plane in range(1, 17) for low in (0xFFFE, 0xFFFF))
# Not in XML 1.0 at all (control characters, surrogates, U+FFFE), or discouraged by it (C1, noncharacters).
_UNFIT = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff{_PLANE_ENDS}]")
# Explicit directions reorder whatever follows them; letters carry their own, so right-to-left text needs none.
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
# What a reader that takes a title for HTML would see as a tag or an entity.
_MARKUP = re.compile(r"<(?=[A-Za-z/!?])|&(?=[#A-Za-z])")
_ZERO_WIDTH_SPACE = "\u200b"
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def one_line(text: str) -> str:
    """Fit for XML, white space collapsed; a character that XML refuses becomes U+FFFD."""
    return " ".join(_DIRECTIONS.sub("", _UNFIT.sub("\ufffd", text)).split())


def cut(text: str, most: int) -> str:
    """At most `most` code points, never inside a combined character; an ellipsis marks the cut."""
    if len(text) <= most:
        return text
    end = 0
    for cluster in clusters(text):
        if end + len(cluster) >= most:
            break
        end += len(cluster)
    return text[:end] + "…"


def plain(text: str) -> str:
    """For a title, which is plain text by the standards, but HTML to some readers.

    A zero-width space inside what looks like markup keeps it visible in both, and the validators quiet.
    """
    return _MARKUP.sub(lambda found: found[0] + _ZERO_WIDTH_SPACE, text)


def escaped(text: str) -> str:
    """For HTML content."""
    return html.escape(one_line(text))


def uri(address: str) -> str:
    """A web address with everything percent-encoded that RFC 3986 does not allow in one."""
    fit = address.encode("utf-8", "replace").decode("utf-8")
    return quote(_BARE_PERCENT.sub("%25", fit), safe=":/?#[]@!$&'()*+,;=%-._~")
