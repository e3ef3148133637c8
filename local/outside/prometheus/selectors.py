"""The one kind of expression that the double reads: a name with labels that are equal. Pure."""

import re

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_PAIR = r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\\n]|\\["\\n])*)"\s*'
_SELECTOR = re.compile(rf"\s*({_NAME})\s*(?:\{{((?:{_PAIR}(?:,{_PAIR})*,?)?)\s*\}})?\s*")
_ESCAPE = re.compile(r'\\(["\\n])')


class SelectorError(Exception):
    """An expression that the double does not read; it says so as Prometheus says `bad_data`."""


def read(expression: str) -> tuple[str, dict[str, str]]:
    """The metric's name and the labels that must be equal. Raises SelectorError."""
    found = _SELECTOR.fullmatch(expression)
    if found is None:
        raise SelectorError(
            f'the local Prometheus reads exact selectors only, such as up{{job="api"}}, and not {expression[:200]!r}; '
            "register the whole expression with `expression(...)`"
        )
    pairs = re.findall(_PAIR, found[2] or "")
    return found[1], {name: _ESCAPE.sub(lambda each: each[1].replace("n", "\n"), value) for name, value in pairs}
