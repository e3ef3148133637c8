"""Typed settings from a function's environment, with every problem named at once."""

from collections.abc import Callable, Mapping
from typing import Any, Self, get_type_hints


class SettingsError(Exception):
    """The environment lacks a variable or holds one that cannot be read. Permanent: mend the template."""


def _non_empty(text: str) -> str:
    if not text:
        raise ValueError
    return text


# bool("false") is True, hence readers instead of plain types.
_READERS: dict[Any, Callable[[str], Any]] = {
    str: _non_empty,
    int: int,
    float: float,
    bool: {"true": True, "false": False}.__getitem__,
    str | None: lambda text: text or None,
}


class Settings:
    """Base of each feature's frozen dataclass: the field `ticket_table` is read from `TICKET_TABLE`.

    A field of type `str | None` may be set to the empty string, which reads as None; every variable must be
    present, so that the template shows all there is.
    """

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read all fields; raises SettingsError naming every missing or invalid variable."""
        values: dict[str, Any] = {}
        wrong: list[str] = []
        for name, kind in get_type_hints(cls).items():
            variable = name.upper()
            try:
                values[name] = _READERS[kind](env[variable])
            except (KeyError, ValueError):
                wrong.append(variable)
        if wrong:
            raise SettingsError(f"missing or invalid environment variables: {', '.join(sorted(wrong))}")
        return cls(**values)
