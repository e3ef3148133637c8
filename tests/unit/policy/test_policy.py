"""What the default policy decides, and how other policies differ."""

from hashlib import sha256

import pytest

from kaizen.policy import Route, SlaTarget, StreamPolicy, parse
from tests.factories import default_policy

DAY = 86400


@pytest.mark.parametrize(
    ("labels", "component"),
    [
        (["component:api"], "api"),
        (["Area:API"], "api"),
        (["bug", "component:data"], "data"),
        (["component:web", "component:api"], "api"),  # the policy's order, not the labels'
        (["component:api", "component:web"], "api"),
        (["component:billing"], "other"),
        (["AREA:billing"], "other"),
        (["component:billing", "area:infra"], "infra"),
        (["components"], "unassigned"),
        ([], "unassigned"),
    ],
)
def test_component(labels: list[str], component: str) -> None:
    assert default_policy().component_of(labels) == component


@pytest.mark.parametrize(
    ("labels", "severity"),
    [
        (["sev1"], "sev1"),
        (["SEV2"], "sev2"),
        (["severity:3"], "sev3"),
        (["sev4", "sev2", "sev3"], "sev2"),  # the most severe
        (["sev5"], "unknown"),
        ([], "unknown"),
    ],
)
def test_severity(labels: list[str], severity: str) -> None:
    assert default_policy().severity_of(labels) == severity


def test_names() -> None:
    policy = default_policy()
    assert policy.component_names == ("api", "web", "data", "infra", "other", "unassigned")
    assert policy.severity_names == ("sev1", "sev2", "sev3", "sev4", "unknown")


def test_every_issue_is_a_ticket_unless_labels_say_which() -> None:
    assert default_policy().is_ticket([])
    chosen = default_policy(labels='["Kaizen", "incident"]')
    assert chosen.is_ticket(["KAIZEN"])
    assert chosen.is_ticket(["bug", "incident"])
    assert not chosen.is_ticket(["bug"])
    assert not chosen.is_ticket([])


def test_pause_labels_are_in_lower_case() -> None:
    assert default_policy(pause_labels='["Blocked", "Waiting for customer"]').pause_labels == {
        "blocked",
        "waiting for customer",
    }


def test_targets() -> None:
    policy = default_policy()
    assert policy.target("sev1") == SlaTarget(4 * 3600, "wall")
    assert policy.target("sev2") == SlaTarget(DAY, "wall")
    assert policy.target("unknown") == SlaTarget(3 * DAY, "wall")
    for severity, days in (("sev3", 3), ("sev4", 10)):
        target = policy.target(severity)
        assert target is not None
        assert target.calendar is not None
        assert (target.clock, target.calendar.name) == ("business", "office")
        assert target.seconds == days * target.calendar.week_seconds() / 5


def test_a_severity_may_have_no_target() -> None:
    policy = parse('[severities.sev1]\nlabels = ["sev1"]\n[feed]\ndomain = "example.org"\ndate = 2026-01-01')
    assert policy.target("sev1") is None
    assert policy.target("unknown") is None


def test_the_default_route_and_feed() -> None:
    policy = default_policy()
    assert policy.routes == (
        Route("default", None, "/kaizen/slack/default-webhook", "UTC", 9, (), (), (), empty_digest=True),
    )
    assert policy.feed.tokens == {}  # public
    assert (policy.feed.date, policy.feed.ttl_seconds) == ("2026-01-01", 900)


def test_streams() -> None:
    policy = default_policy()
    assert policy.stream("kuramoto") == StreamPolicy("kuramoto")  # the file says what the defaults are
    assert policy.stream("other") is None
    text = '[severities.s]\nlabels = ["s"]\n[feed]\ndomain = "example.org"\ndate = 2026-01-01\n'
    assert parse(text).streams == ()
    (given,) = parse(
        text + '[[streams]]\nid = "grid"\npixels = 720\nbytes_per_second = 50000\nstandard_error = 0.02\n'
        "seed = 9\nbits = 8\nlevels = 3\nfactor = 2\nchunk_columns = 64\nthreshold = 512\ntarget_rows = 300"
    ).streams
    assert given == StreamPolicy("grid", 300, 512, 720, 50000, 0.02, 9, 8, 3, 2, 64)


def test_a_route_with_everything() -> None:
    digest = sha256(b"token").hexdigest()
    policy = parse(f"""
        [components]
        api = ["api"]
        [severities.p1]
        labels = ["P1"]
        target = "1d12h30m"
        [[routes]]
        name = "berlin"
        channel = "C0123456789"
        zone = "Europe/Berlin"
        digest_hour = 7
        quiet_days = ["sunday", "saturday"]
        components = ["api", "other", "unassigned"]
        severities = ["p1", "unknown"]
        empty_digest = false
        [feed]
        domain = "example.org"
        date = 2026-01-01
        tokens = {{ reader = "{digest}" }}
    """)
    assert policy.routes == (
        Route(
            "berlin",
            "C0123456789",
            None,
            "Europe/Berlin",
            7,
            (5, 6),
            ("api", "other", "unassigned"),
            ("p1", "unknown"),
            empty_digest=False,
        ),
    )
    assert policy.target("p1") == SlaTarget(DAY + 12 * 3600 + 30 * 60, "wall")
    assert policy.feed.tokens == {"reader": digest}
