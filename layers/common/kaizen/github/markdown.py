"""Foreign text in GitHub's Markdown, so that it is shown and does nothing. Pure.

Names, labels and expressions come from whoever opens a pull request. In code, with a fence that is longer than any in
them, neither mentions nor links nor HTML work; in sentences each of those is broken by a character that nobody sees.
"""

import re
import unicodedata
from collections.abc import Iterable

_FENCES = re.compile(r"`+")
_BREAK = "\u200b"
_UNSEEN = ("Cc", "Cf", "Cs")
_WIDEST = 4000
_LONGEST = 300  # characters of a name or sentence


def plain(text: str, longest: int = _LONGEST) -> str:
    """On one line, without characters that cannot be seen or that turn the reading direction; cut where too long."""
    shown = "".join(
        " " if each.isspace() or unicodedata.category(each) in ("Cc", "Cf", "Cs") else each for each in text
    )
    line = " ".join(shown.split())
    # Nobody's marker: by those our comments are found again.
    line = line.replace("<!--", "<!- -")
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def code(text: str, longest: int = _LONGEST) -> str:
    """A code span; a text that is empty is shown as such."""
    inner = plain(text, longest) or " "
    fence = "`" * (_longest_fence(inner) + 1)
    space = " " if inner.startswith("`") or inner.endswith("`") else ""
    return f"{fence}{space}{inner}{space}{fence}"


def block(text: str, indent: str = "", longest: int = 2000, *, language: str = "promql") -> str:
    """A fenced block; each line is cut where too long."""
    lines = [plain(line, longest) for line in text.split("\n")[:20]]
    fence = "`" * max(_longest_fence("\n".join(lines)) + 1, 3)
    return "\n".join(f"{indent}{line}" for line in (f"{fence}{language}", *lines, fence))


def preformatted(lines: Iterable[str], language: str, indent: str = "") -> str:
    """A fenced block in which spaces are kept; what cannot be seen is not."""
    shown = ["".join(" " if unicodedata.category(each) in _UNSEEN else each for each in line) for line in lines]
    shown = [line[:_WIDEST].rstrip().replace("<!--", "<!- -") for line in shown]
    fence = "`" * max(_longest_fence("\n".join(shown)) + 1, 3)
    return "\n".join(f"{indent}{line}" for line in (f"{fence}{language}", *shown, fence))


def prose(text: str, longest: int = 1000) -> str:
    """A sentence with foreign parts in it: every character that Markdown, HTML or GitHub gives a meaning is escaped."""
    line = plain(text, longest).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = re.sub(r"([\\`*_{}\[\]()#+!|~$-])", r"\\\1", line)
    # GitHub looks for mentions and references in what Markdown has become: escapes would not keep it from finding them.
    return re.sub(r"(@|#|:(?=//)|\bwww\.|\bGH\\?-)", lambda found: f"{found[0]}{_BREAK}", line)


def _longest_fence(text: str) -> int:
    return max((len(each) for each in _FENCES.findall(text)), default=0)
