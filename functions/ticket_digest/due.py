"""When a route's digest is due. Pure."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kaizen.policy import Route


def due(route: Route, now: datetime, last: date | None) -> date | None:
    """The local date whose digest should go out now, None when there is none; `last` is that of the last one.

    The digest of a day may go out from its hour until the next day's hour, but never on a quiet day. So an outage is
    followed by at most one late digest, however long it was, and the digest after quiet days covers them.
    """
    today = now.astimezone(ZoneInfo(route.zone)).date()
    day = today if now >= _instant(route, today) else today - timedelta(days=1)
    if {today.weekday(), day.weekday()} & set(route.quiet_days):
        return None
    if last is None:  # a new route: nothing was missed
        return day if day == today else None
    return day if day > last else None


def _instant(route: Route, day: date) -> datetime:
    """The route's hour on a local day. An hour that a clock change skips comes right after it; of two, the first."""
    return datetime.combine(day, time(route.digest_hour, route.digest_minute), ZoneInfo(route.zone))
