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


def human_hours(seconds: float) -> str:
    """Hours and minutes, rounded down, never days: `26h 5m`, `45m`, `<1m`.

    For working time: a day of it is 24 hours to one reader and a working day to another.
    """
    hours, minutes = divmod(int(abs(seconds)) // 60, 60)
    parts = [f"{amount}{unit}" for amount, unit in ((hours, "h"), (minutes, "m")) if amount]
    return " ".join(parts) or "<1m"
