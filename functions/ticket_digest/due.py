"""When a route's digest is due. Pure."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kaizen.policy import Route

_JUST_BEFORE = timedelta(hours=1)  # the schedule is later than a digest's time by minutes


def due(route: Route, now: datetime, last: date | None, since: datetime | None = None) -> date | None:
    """The local date whose digest should go out now, None when there is none; `last` is that of the last one.

    The digest of a day may go out from its hour until the next day's hour, but not on a quiet day, unless its time was
    just before that began. So an outage is followed by at most one late digest, however long it was, and the digest
    after quiet days covers them. `since` is when it was wanted first, None where nobody knows: nothing of before that
    was missed.
    """
    today = now.astimezone(ZoneInfo(route.zone)).date()
    day = today if now >= _instant(route, today) else today - timedelta(days=1)
    instant = _instant(route, day)
    if day.weekday() in route.quiet_days or (today.weekday() in route.quiet_days and now - instant > _JUST_BEFORE):
        return None
    if last is not None:
        return day if day > last else None
    new = day == today if since is None else instant > since
    return day if new else None


def _instant(route: Route, day: date) -> datetime:
    """The route's hour on a local day. An hour that a clock change skips comes right after it; of two, the first."""
    return datetime.combine(day, time(route.digest_hour, route.digest_minute), ZoneInfo(route.zone))
