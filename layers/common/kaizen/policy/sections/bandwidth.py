"""Whose bytes are recorded, who hears of them, and what is unexpected. Pure. Section [bandwidth]."""

from dataclasses import dataclass
from datetime import date

from kaizen.policy import values
from kaizen.policy.reader import Table, boolean, many, real, text

_QUERY = text(r"[^\x00-\x08\x0b-\x1f\x7f]{1,2000}", "a PromQL expression of 1 to 2000 characters")


@dataclass(frozen=True, slots=True)
class BandwidthPolicy:
    """Exactly one of `channel` and `webhook_parameter` says where messages go.

    `query` is PromQL for bytes per second by the label `stream`; None records what phase_stream counts. A day is
    unexpected beyond all three limits: `z`, `ratio`, and `rise` in MB/s. `monthly_cap` is in bytes, for a calendar
    month in UTC; None where there is none. `holidays` are compared with Sundays, and with each other.
    `pager`: an unexpected day is an incident, too, until there is a usual one.
    """

    query: str | None = None
    channel: str | None = None
    webhook_parameter: str | None = "/kaizen/slack/default-webhook"
    z: float = 3.3
    ratio: float = 1.25
    rise: float = 0.05
    monthly_cap: int | None = None
    holidays: frozenset[date] = frozenset()
    pager: bool = False


def read(file: Table) -> BandwidthPolicy:
    default = BandwidthPolicy()
    if not file.has("bandwidth"):
        return default
    table = file.table("bandwidth")
    bandwidth = BandwidthPolicy(
        query=table.get("query", _QUERY, None),
        channel=table.get("channel", values.channel, None),
        webhook_parameter=table.get("webhook_parameter", values.address, None),
        z=table.get("z", real(1.0, 20.0), default.z),
        ratio=table.get("ratio", real(1.01, 100.0), default.ratio),
        rise=table.get("rise", real(0.0, 1e6), default.rise),
        monthly_cap=table.get("monthly_cap", values.volume, None),
        holidays=frozenset(table.get("holidays", many(values.day), ())),
        pager=table.get("pager", boolean, False),
    )
    if table.has("channel") == table.has("webhook_parameter"):
        table.fault("needs exactly one of channel and webhook_parameter")
    table.close()
    return bandwidth
