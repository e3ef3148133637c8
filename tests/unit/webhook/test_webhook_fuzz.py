"""Ten thousand hostile requests of every kind: never a 5xx or an exception, nothing published that GitHub did not sign.

Each starts as a real delivery and is bent: values replaced by ones of any type, keys lost or doubled, bytes changed
before or after signing, headers and encodings mixed up. Seeded, so that a failure comes back.
"""

import base64
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from random import Random
from typing import Any
from urllib.parse import quote_plus

import pytest

from github_webhook import handler, parts
from github_webhook.delivery import MAX_BODY_BYTES
from github_webhook.kinds import KINDS
from github_webhook.verification import well_formed
from kaizen.events.bus import detail_text
from kaizen.events.github import GithubIssue
from kaizen.github.signatures import SIGNATURE_HEADER, signature
from kaizen.runtime.http import header
from kaizen.runtime.log import logger
from tests.effort import examples
from tests.unit.webhook.samples import CONTEXT, SECRET, Bus, Counts, http, names, of_kind, payload, verifier

REQUESTS = min(examples(10_000), 10_000)  # what they publish is kept in memory
OTHER_KINDS = sorted({*KINDS} - {"issues"})
ANSWERS = {202, 400, 401, 413, 415}
DEEP: Any = []
for _ in range(100):
    DEEP = [DEEP]
VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 2**63, 2**63 - 1, 10**300, 1.5, float("nan"), float("inf"), float("-inf"), 1e308,
    "", " ", "\x00", "\ud800", "\udfff\ud83d", "\ufffe", "🔥" * 5000, "x" * 70_000, "]]>", "<!channel>", "../../etc",
    "{{7*7}}", "'; DROP TABLE", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z",
    "2026-03-01", "2026-03-01T09:30:00", "opened", "closed", "deleted", "transferred", "labeled", "javascript:x",
    [], {}, [None], [[]], [{}], [{"name": None}], [{"name": "\ud800"}], [{"name": "sev1"}] * 300, {"id": {}}, DEEP,
]  # fmt: skip
KEYS = ["id", "state", "labels", "changes", "old_issue", "new_issue", "__proto__", "", "\ud800", "action", "issue"]
HEADER_VALUES: list[str | None] = [
    None, "", " ", "\x00", "issues", "issues\r\nx: y", "ping", "é", "\ud800", "x" * 9000, "a,b", "*",
    "application/json",    "application/x-www-form-urlencoded", "application/json; charset=utf-16",
    "sha1=" + "0" * 40, "sha256=" + "0" * 64,
    "SHA256=" + "a" * 64, "sha256=" + "é" * 64,
]  # fmt: skip


def places(content: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside."""
    found = [at] if at else []
    for key, value in content.items() if isinstance(content, dict) else enumerate(content):
        below = (*at, key)
        found += places(value, below) if isinstance(value, (dict, list)) and value else [below]
    return found


def bend_values(content: dict[str, Any], random: Random) -> None:
    for _ in range(random.randint(1, 4)):
        known = places(content)
        if not known:
            return
        *parents, last = random.choice(known)
        inside: Any = content
        for key in parents:
            inside = inside[key]
        if random.random() < 0.25:
            del inside[last]
        elif random.random() < 0.2 and isinstance(inside, dict):
            inside[random.choice(KEYS)] = deepcopy(random.choice(VALUES))
        else:
            inside[last] = deepcopy(random.choice(VALUES))


def bend_bytes(body: bytes, random: Random) -> bytes:
    """Bytes changed, cut, doubled or put in; never the same body."""
    place = random.randrange(len(body)) if body else 0
    some = random.randbytes(random.randint(1, 8))
    bent = random.choice(
        [
            body[:place],
            body[:place] + some + body[place:],
            body[:place] + some + body[place + len(some) :],
            body + body,
            b"\xef\xbb\xbf" + body,
            body.decode("utf-8", "replace").encode("utf-16"),
            b"[" * random.randint(1, 100_000),
            b'{"a":' * random.randint(1, 20_000),
            b'{"action":' + b"9" * random.randint(1, 9000) + b"}",
            re.sub(rb'"action"', b'"action": "closed", "action"', body),
            random.randbytes(random.randint(0, 400)),
        ]
    )
    return bent if bent != body else body + b" "


def encoded(content: Any, form: bool) -> bytes:
    text = json.dumps(content)  # NaN and lone surrogates become what a careless sender would write
    return f"payload={quote_plus(text)}".encode() if form else text.encode()


def as_text(event: dict[str, Any]) -> None:
    """The body as the gateway hands on JSON: as text; what is no text stays as it is."""
    with suppress(ValueError):  # the garbage that is no base64, and bytes that are no UTF-8
        event["body"] = base64.b64decode(event["body"], validate=True).decode()
        event["isBase64Encoded"] = False


def hostile(random: Random) -> tuple[dict[str, Any], bool]:
    """A request, and whether its signature is GitHub's over exactly the bytes that arrive."""
    kind = "issues" if random.random() < 0.4 else random.choice(OTHER_KINDS)
    content = payload(random.choice(names())) if kind == "issues" else of_kind(kind)
    if random.random() < 0.7:
        bend_values(content, random)
    form = random.random() < 0.25
    body = encoded(content, form)
    if random.random() < 0.2:
        body = bend_bytes(body, random)
    if random.random() < 0.003:
        body += b" " * MAX_BODY_BYTES
    content_type = "application/x-www-form-urlencoded" if form else "application/json"
    event = http(body, base64_encoded=True, content_type=content_type, x_github_event=kind)
    genuine = True
    if random.random() < 0.25:  # changed on the way
        event["body"] = base64.b64encode(bend_bytes(body, random)).decode()
        genuine = False
    elif random.random() < 0.15:  # signed by someone else, or not at all
        cut = signature(body, SECRET)[:-1]
        fakes = [signature(body, "forger"), signature(body, ""), signature(b"", SECRET), None, "", cut]
        event["headers"] |= {"x-hub-signature-256": random.choice(fakes)}
        genuine = False
    elif random.random() < 0.1:  # garbage where the gateway promises base64
        event["body"] = random.choice(["a", "====", "\ud800", "é", event["body"][:-1], f"{event['body']}!", "\n"])
        genuine = False
    if random.random() < 0.15:
        name = random.choice(list(event["headers"]))
        event["headers"][name] = random.choice(HEADER_VALUES)
        genuine &= name != "x-hub-signature-256"
    if not form and random.random() < 0.5:
        as_text(event)
    event["headers"] = {name: value for name, value in event["headers"].items() if value is not None}
    return event, genuine


Door = tuple[Callable[[dict[str, Any]], dict[str, Any]], Bus, Counts]


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    bus, counts, signed = Bus(), Counts(), verifier()
    settings = parts.WebhookSettings("kaizen", "metrics", "current", "previous")
    for name, made in (("publisher", bus), ("verifier", signed), ("settings", settings)):
        monkeypatch.setattr(handler, name, lambda made=made: made)
    monkeypatch.setattr(handler, "_dynamodb", counts.with_limits)
    level = logger.log_level
    logger.setLevel("CRITICAL")  # ten thousand lines help nobody
    yield lambda event: handler.lambda_handler(event, CONTEXT), bus, counts
    logger.setLevel(level)


def test_ten_thousand_hostile_requests(door: Door) -> None:
    call, bus, counts = door
    random = Random(20_260_320)
    statuses: Counter[tuple[bool, int]] = Counter()
    accepted_as: Counter[bool] = Counter()
    unsigned = 0
    for number in range(REQUESTS):
        event, genuine = hostile(random)
        before, counted = len(bus.events), len(counts.series)
        answer = call(event)
        unsigned += not well_formed(header(event, SIGNATURE_HEADER))
        status = answer["statusCode"]
        statuses[genuine, status] += 1
        accepted_as[event["isBase64Encoded"]] += status == 202
        assert status in ANSWERS, (number, answer)
        if not well_formed(header(event, SIGNATURE_HEADER)):
            assert (status >= 400, len(counts.series)) == (True, counted), number
        if not genuine:
            assert status != 202, number
            assert len(bus.events) == before, number
    assert sum(statuses.values()) == REQUESTS
    # The fuzz reaches everywhere: each answer is given, forgeries and genuine deliveries are many.
    assert {status for _, status in statuses} == ANSWERS
    assert sum(count for (genuine, _), count in statuses.items() if not genuine) > 0.3 * REQUESTS
    assert statuses[True, 202] > 0.2 * REQUESTS
    assert statuses[True, 400] > 0.1 * REQUESTS
    assert statuses[True, 413] > 0.001 * REQUESTS
    assert min(accepted_as[True], accepted_as[False]) > 0.05 * REQUESTS
    # Whatever was let in can be read behind the bus, and fits it.
    for published in bus.events:
        text = detail_text(published)
        assert len(text.encode()) < 255 * 1024
        read = type(published).from_detail(json.loads(text))
        assert read.detail() == published.detail()  # the event itself also has parts of a second
    # Each request is counted once: accepted issues by their consumer, what is unsigned by nobody, everything else here.
    issues = sum(isinstance(published, GithubIssue) for published in bus.events)
    assert issues + len(counts.series) + unsigned == REQUESTS
    outcomes = Counter(series[1] for series in counts.series)
    assert statuses[True, 202] == len(bus.events) + outcomes["ignored"]
    assert outcomes["accepted"] == len(bus.events) - issues
    accepted = Counter(series[0] for series in counts.series if series[1] == "accepted")
    assert all(accepted[kind] > 50 for kind in OTHER_KINDS), accepted
    # Labels of metrics come from the program, never from a request.
    assert {tuple(series) for series in counts.series} <= {
        (event, result)
        for event in ("issues", "ping", "other", *OTHER_KINDS)
        for result in ("accepted", "ignored", "rejected")
    }
    assert ("issues", "accepted") not in {tuple(series) for series in counts.series}
