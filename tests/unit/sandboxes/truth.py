"""What sandboxes truly do, minute by minute, drawn before anything is measured. It knows nothing of the reaper."""

import random
from bisect import bisect_left
from dataclasses import dataclass

Spans = list[tuple[float, float]]  # minutes since the beginning, in order, apart from each other


@dataclass(frozen=True)
class Life:
    """`work` is when it is truly used, `gaps` when nothing of it is measured, `deploys` when it is rolled out."""

    work: Spans
    gaps: Spans
    deploys: Spans


@dataclass(frozen=True)
class Weather:
    """What happens to everything: `outages` of Prometheus, `silences` of Slack, `skews` of the cluster's clock."""

    outages: Spans
    silences: Spans
    skews: Spans


def life(luck: random.Random, minutes: float) -> Life:
    """Hours of use of very different lengths, some of them very short, and pauses around the two hours that count."""
    work = _spans(
        luck, minutes, lambda: luck.choice((2, 30, 120, 240)) * luck.uniform(0.5, 1.5),
        lambda: luck.choice((20, 115, 125, 150, 155, 300, 900)) * luck.uniform(0.8, 1.2),
    )  # fmt: skip
    # Shorter than a rate's window, or longer than what coverage forgives; what is between the two, a real Prometheus
    # shows in tests/rules/test_sandbox_queries.py.
    gaps = _spans(luck, minutes, lambda: luck.choice((2.0, 4.0, 8.0, 45.0)), lambda: luck.uniform(600, 6000))
    deploys = [(begin + 1, begin + 1.01) for begin, _ in work if luck.random() < 0.2]
    return Life(work, gaps, deploys)


def weather(luck: random.Random, minutes: float) -> Weather:
    outages = _spans(luck, minutes, lambda: luck.choice((4.0, 12.0, 90.0)), lambda: luck.uniform(400, 4000))
    silences = _spans(luck, minutes, lambda: luck.choice((3.0, 30.0, 200.0)), lambda: luck.uniform(400, 4000))
    skews = _spans(luck, minutes, lambda: luck.choice((4.0, 20.0, 60.0)), lambda: luck.uniform(1000, 8000))
    return Weather(outages, silences, skews)


def _spans(luck: random.Random, minutes: float, length: object, pause: object) -> Spans:
    made, at = [], pause() * luck.random()  # type: ignore[operator]
    while at < minutes:
        end = at + length()  # type: ignore[operator]
        made.append((at, end))
        at = end + pause()  # type: ignore[operator]
    return made


def during(spans: Spans, begin: float, end: float) -> bool:
    """Whether any of them overlaps that time."""
    at = bisect_left(spans, (end,))
    return at > 0 and spans[at - 1][1] > begin


def lost(spans: Spans, begin: float, end: float) -> float:
    """Minutes of that time which lie in any of them."""
    total, at = 0.0, bisect_left(spans, (end,))
    while at > 0 and spans[at - 1][1] > begin:
        at -= 1
        total += min(spans[at][1], end) - max(spans[at][0], begin)
    return total


def hidden(work: Spans, gaps: Spans, begin: float, end: float) -> bool:
    """Whether all work of that time lies in gaps that are longer than a rate's window, so that no peak shows it."""
    long = [gap for gap in gaps if gap[1] - gap[0] > 5 and gap[1] > begin and gap[0] < end]
    at = bisect_left(work, (end,))
    while at > 0 and work[at - 1][1] > begin:
        at -= 1
        seen = (max(work[at][0], begin), min(work[at][1], end))
        if not any(gap[0] <= seen[0] and seen[1] <= gap[1] for gap in long):
            return False
    return True
