"""Numbers as a panel shows them: in its unit. Pure."""

from typing import Any

from kaizen import durations

_SECONDS = {"s": ("s", 1.0), "dtdurations": ("s", 1.0), "dthms": ("s", 1.0), "ms": ("ms", 0.001),
            "dtdurationms": ("ms", 0.001)}  # fmt: skip
_SIZES = {"bytes": (1024, ("KiB", "MiB", "GiB", "TiB")), "decbytes": (1000, ("kB", "MB", "GB", "TB"))}
_LARGEST = 1e15  # beyond it, nobody means a length of time or a size


def in_unit(value: Any, unit: Any) -> Any:
    """`2d (172800 s)`; the value itself where it is no number, or the unit is none that is known here. `unit` is
    Grafana's name."""
    if type(value) not in (int, float) or not 0 < abs(value) < _LARGEST or not isinstance(unit, str):
        return value
    if unit in _SECONDS:
        return _time(value, *_SECONDS[unit])
    if unit in _SIZES:
        return _size(value, *_SIZES[unit])
    if unit == "percent":
        return f"{value} %"
    return f"{value * 100:.12g} % ({value})" if unit == "percentunit" else value


def _time(value: float, sign: str, scale: float) -> str:
    seconds, written = value * scale, f"{value} {sign}"
    if seconds >= 60 and seconds % (3600 if seconds >= 86400 else 60) == 0:  # else two units would not be all of it
        return f"{durations.human(seconds)} ({written})"
    return f"{seconds:.12g} s ({written})" if sign == "ms" and abs(seconds) >= 1 else written


def _size(value: float, base: int, signs: tuple[str, ...]) -> str:
    power = sum(abs(value) >= base**each for each in range(1, len(signs) + 1))
    return f"{value / base**power:.4g} {signs[power - 1]} ({value} B)" if power else f"{value} B"
