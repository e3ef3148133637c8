"""Three months of days from a simulated Prometheus, the week's message, and one alert for a day that jumped."""

import html
import math
import re
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from kaizen.storage.items import to_item
from kaizen.times import format_instant, utc_now
from local.demo.looking import get, need, scrape
from local.errors import LocalError
from local.outside.prometheus.service import PrometheusService
from local.outside.slack.service import Slack
from local.stack import Stack

DAYS, JUMP = 92, 1.9
READ_DAYS, SAVED = 21, 0.7  # MB/s that deltas save, for each MB/s at the beginning
MOST_PUTS = 25  # of one request
BUILDS = ("api-206", "api-207")
STREAMS = {"kuramoto": 2.4, "grid": 0.9}  # MB/s at the beginning
JUMPED = "kuramoto"
_LINK = re.compile(r"<(http[^|>]*/reports/bandwidth[^|>]*)\|")


def rate(megabytes: float, began: datetime, jump_from: datetime, factor: float) -> Callable[[float], float | None]:
    """Bytes per second at an instant: quieter at night and on weekends, 2 % more each week, and a jump in the end."""

    def at(instant: float) -> float:
        moment = datetime.fromtimestamp(instant, UTC)
        weeks = (moment - began) / timedelta(weeks=1)
        daily = 1 + 0.35 * math.sin((moment.hour + moment.minute / 60 - 9) / 24 * 2 * math.pi)
        weekly = 0.6 if moment.weekday() >= 5 else 1.0
        wobble = 1 + 0.04 * math.sin(moment.toordinal() * 1.7) + 0.02 * math.sin(instant / 977)
        jump = factor if moment > jump_from else 1.0
        return float(megabytes * 1e6 * daily * weekly * wobble * 1.02**weeks * jump)

    return at


def read(stack: Stack, midnight: datetime, jump_from: datetime) -> None:
    """What the recorder read on the last days: which build ran, and what deltas saved. The jump comes with a build."""
    client = stack.aws.client("dynamodb")
    table = stack.aws.environments["BandwidthSnapshot"]["BANDWIDTH_TABLE"]
    step = timedelta(minutes=15)
    puts = []
    for number in range(READ_DAYS * 96 + 1):
        at = midnight - timedelta(days=READ_DAYS) + number * step
        saved = {name: [0, round(number * step.total_seconds() * each * SAVED * 1e6)] for name, each in STREAMS.items()}
        item = {
            "pk": f"readings#{at.date()}",
            "sk": format_instant(at),
            "streams": saved,
            "build": BUILDS[at >= jump_from],
            "expires_at": int((midnight + timedelta(days=2)).timestamp()),
        }
        puts.append({"PutRequest": {"Item": to_item(item)}})
    for first in range(0, len(puts), MOST_PUTS):
        answer = client.batch_write_item(RequestItems={table: puts[first : first + MOST_PUTS]})
        if answer["UnprocessedItems"]:
            raise LocalError("the readings of the last days could not be stored")


def play(stack: Stack, ended: threading.Event) -> None:
    """Fill in three months, then close yesterday, which jumped with a build, and tell of the week."""
    query = stack.policy.bandwidth.query
    assert query is not None
    now = utc_now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    began, yesterday = midnight - timedelta(days=DAYS), midnight - timedelta(days=1)
    prometheus = stack.outside.of(PrometheusService)
    for stream, megabytes in STREAMS.items():
        factor = JUMP if stream == JUMPED else 1.0
        prometheus.expression(query, {"stream": stream}, rate(megabytes, began, yesterday + timedelta(hours=2), factor))
    read(stack, midnight, yesterday + timedelta(hours=2))
    past = {"from": began.date().isoformat(), "to": (yesterday - timedelta(days=1)).date().isoformat()}
    for event in ({"backfill": past}, {"do": "close"}, {"do": "report"}):
        if ended.is_set():
            return
        result = stack.invoke("BandwidthSnapshot", event)
        if result.error:
            raise LocalError(f"BandwidthSnapshot failed: {result.error}; see {stack.logs}/BandwidthSnapshot.log")
    stack.say(f"{DAYS} days of bandwidth recorded; yesterday jumped, and one alert says so")


def left_out(stack: Stack) -> str:
    return "" if stack.policy.bandwidth.query else "the policy's [bandwidth] names no query of Prometheus"


def _page(stack: Stack) -> str:
    """The address in the alert; empty before there is one."""
    found = [_LINK.search(each) for each in _told(stack, "Unexpected bandwidth")]
    return html.unescape(found[-1][1]) if found and found[-1] else ""


def links(stack: Stack) -> Sequence[tuple[str, str]]:
    page = _page(stack)
    return ((page, "Bandwidth: days, chart and CSV"),) if page else ()


def card(stack: Stack, now: datetime) -> str:
    return ""


def _told(stack: Stack, words: str) -> list[str]:
    return [each["text"] for each in stack.outside.of(Slack).workspace.listed() if words in each["text"]]


def _alert(stack: Stack) -> str:
    """One alert, which a second run of the same day does not repeat."""
    result = stack.invoke("BandwidthSnapshot", {"do": "close"})
    need(not result.error, result.error)
    alerts = _told(stack, "Unexpected bandwidth")
    need(len(alerts) == 1, f"{len(alerts)} alerts")
    need(f"Most of it: {JUMPED}" in alerts[0], alerts[0])
    need(f"Build {BUILDS[1]} began at 02:00 UTC" in alerts[0] and "That may be why" in alerts[0], alerts[0])
    return alerts[0].splitlines()[1].removeprefix("🔴 ")


def _report(stack: Stack) -> str:
    reports = _told(stack, "Bandwidth of the phase streams")
    need(len(reports) == 1 and "Trend: +" in reports[0], reports)
    blocks = [each["blocks"] for each in stack.outside.of(Slack).workspace.listed() if each["text"] == reports[0]]
    need(any(each["type"] == "data_visualization" for each in blocks[0]), "the message has no chart")
    return next(line for line in reports[0].splitlines() if line.startswith("Trend"))


def _metrics(stack: Stack) -> str:
    found = {
        (each.labels["stream"], each.labels["statistic"]): each.value
        for each in scrape(stack)
        if each.name == "kaizen_bandwidth_day_bytes_per_second"
    }
    need({(stream, "average") for stream in (*STREAMS, "*")} <= set(found), sorted(found))
    return f"{found['*', 'average'] / 1e6:.2f} MB/s on average, {found['*', 'maximum'] / 1e6:.2f} at most"


def _shown(stack: Stack) -> str:
    """The page opens by the link alone, in both forms, and not without its key."""
    page = _page(stack)
    status, text = get(page)
    need(
        status == 200 and BUILDS[1] in text and "times what was expected" in text and text.count("<svg") == 2,
        f"{status} {text[:300]}",
    )
    status, _ = get(page.partition("&key=")[0])
    need(status == 401, f"{status} without the key")
    status, text = get(f"{page}&format=csv")
    lines = len(text.splitlines())
    need(status == 200 and lines == 1 + 91 * (1 + len(STREAMS)), f"{status}, {lines} lines")
    return "the page opens by its link alone; its CSV has 91 days of each stream"


CHECKS = (
    ("an unexpected day", _alert),
    ("the week's message", _report),
    ("the bandwidth page", _shown),
    ("bandwidth on /metrics", _metrics),
)
