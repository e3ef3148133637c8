"""Names of streams as they are kept: short, printable, and never that of all streams together. Pure."""

import hashlib
import unicodedata

ALL = "*"  # the stream that is all of them together
MOST = 100  # characters of a name
UNNAMED = "all"  # of the one stream whose series has no label


def kept(name: str) -> str:
    """The name itself, or a readable form of it with eight digits that keep apart what would look the same."""
    if not name:
        return UNNAMED
    shown = "".join("\ufffd" if _hidden(char) else char for char in name)
    if shown == name and len(name) <= MOST and name != ALL and name == name.strip():
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{shown.strip()[: MOST - 9]}~{digest}"


def _hidden(char: str) -> bool:
    """Controls, formats, separators of lines, halves of pairs: nobody sees them, and tables break by them."""
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
