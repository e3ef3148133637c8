"""When a route's digest is due. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kaizen.policy import Route


def due(route: Route, now: datetime) -> date | None:
    """The local date whose digest should be out by now, None on a quiet day before anything was missed.

    That is the last local digest hour that has passed, as far back as yesterday: after an outage there is one digest
    to catch up on, not one for every day missed. Whether it has gone out already, its marker knows.
    """
    zone = ZoneInfo(route.zone)
    today = now.astimezone(zone).date()
    for day in (today, today - timedelta(days=1)):
        # A local time that a clock change skips moves forward; of one that comes twice, the first counts.
        scheduled = datetime.combine(day, time(route.digest_hour), zone).astimezone(UTC)
        if scheduled <= now and day.weekday() not in route.quiet_days:
            return day
    return None
