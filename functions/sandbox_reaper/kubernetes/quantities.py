"""Kubernetes quantities such as `250m`, `1.5Gi` and `1e3` (apimachinery's `resource.Quantity`). Pure."""

import re
from fractions import Fraction

from sandbox_reaper.backend import BackendError

_SHAPE = re.compile(
    r"([+-]?)(\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:([eE][+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i)?)", re.ASCII
)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


def quantity(given: object) -> Fraction:
    """The exact value of a quantity as JSON has it: text, or a whole number. Raises BackendError for anything else."""
    text = str(given) if isinstance(given, str | int) and not isinstance(given, bool) else ""
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise BackendError(f"{str(given)[:40]!r} is no quantity")
    sign, digits, exponent, unit = found.groups()
    value = Fraction(digits.rstrip("."))
    if exponent:
        value *= Fraction(10) ** int(exponent[1:])
    elif unit in _BINARY:
        value *= 2 ** _BINARY[unit]
    elif unit:
        value *= Fraction(10) ** _DECIMAL[unit]
    return -value if sign == "-" else value
