"""Lengths of time as people read them. Pure."""


def human(seconds: float) -> str:
    """The two largest units, rounded down: `45m`, `3h 5m`, `2d 4h`; less than a minute is `<1m`."""
    minutes = int(abs(seconds)) // 60
    if minutes < 1:
        return "<1m"
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{amount}{unit}" for amount, unit in ((days, "d"), (hours, "h"), (minutes, "m"))]
    first = 0 if days else 1 if hours else 2
    return " ".join(part for part in parts[first : first + 2] if not part.startswith("0"))
