"""Every order of a deployment history, with repeats, ends in one state; nothing comes back after its end."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from canary_monitor.group import KEPT, Canary, Group, Standing, Status, merged, standing

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LIFE = timedelta(hours=24)
EMPTY = Group(7, "acme/shop", "production", "deploy")


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def status(deployment: int, state: str, minutes: float) -> Status:
    return Status(deployment, at(deployment), state, at(minutes), "main", f"{deployment:040x}", "ana", "")


def folded(*facts: Status) -> Group:
    group = EMPTY
    for fact in facts:
        group = merged(group, fact)
    return group


def stands(group: Group, deployment: int, minutes: float) -> Standing:
    canary = group.canary(deployment)
    assert canary is not None
    return standing(group, canary, at(minutes), LIFE)


HISTORY = (
    status(1, "", 1),
    status(1, "waiting", 2),
    status(1, "in_progress", 3),
    status(2, "in_progress", 30),
    status(2, "success", 40),
    status(1, "in_progress", 50),  # late: the newer one has begun long since
)


def test_every_order_with_repeats_ends_in_one_state() -> None:
    wanted = folded(*HISTORY)
    assert stands(wanted, 1, 60) == Standing("superseded", at(3), at(30))
    assert stands(wanted, 2, 60) == Standing("success", at(30), at(40))
    for order in permutations(HISTORY):
        assert folded(*order, *order[:2]) == wanted


def test_a_late_start_revives_nothing() -> None:
    for end in ("success", "failure", "error", "inactive"):
        group = folded(status(1, end, 20), status(1, "in_progress", 3), status(1, "in_progress", 25))
        assert stands(group, 1, 30).state in ("success", "failure", "superseded")
        assert stands(group, 1, 30).ended_at == at(20)


def test_the_start_never_moves_to_later() -> None:
    group = folded(status(1, "in_progress", 3), status(1, "in_progress", 90))
    assert stands(group, 1, 100) == Standing("in_flight", at(3))


def test_waiting_before_the_start_is_no_flight_and_after_it_counts() -> None:
    assert stands(folded(status(1, "queued", 2), status(1, "waiting", 3)), 1, 500).state == "waiting"
    assert stands(folded(status(1, "in_progress", 3), status(1, "waiting", 9)), 1, 120) == Standing("in_flight", at(3))


def test_a_newer_deployment_supersedes_as_soon_as_it_starts_not_when_it_is_created() -> None:
    older = status(1, "in_progress", 3)
    assert stands(folded(older, status(2, "", 10), status(2, "queued", 11)), 1, 20).state == "in_flight"
    assert stands(folded(older, status(2, "in_progress", 12)), 1, 20) == Standing("superseded", at(3), at(12))


def test_an_older_deployment_supersedes_nothing() -> None:
    assert stands(folded(status(2, "in_progress", 5), status(1, "in_progress", 9)), 2, 20).state == "in_flight"


def test_what_nobody_finishes_is_given_up() -> None:
    group = folded(status(1, "in_progress", 3))
    assert stands(group, 1, 3 + 24 * 60 - 1).state == "in_flight"
    assert stands(group, 1, 3 + 24 * 60) == Standing("unknown", at(3), at(3) + LIFE)


facts = st.builds(
    status,
    st.integers(1, 4),
    st.sampled_from(["", "pending", "queued", "waiting", "in_progress", "success", "failure", "error", "inactive"]),
    st.integers(0, 60),
)


@given(st.lists(facts, max_size=12), st.randoms(use_true_random=False))
def test_no_order_matters(history: list[Status], random: object) -> None:
    shuffled = list(history)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert folded(*history) == folded(*shuffled, *history)


@given(st.lists(facts, max_size=12), facts)
def test_what_has_ended_stays_ended(history: list[Status], more: Status) -> None:
    """One more fact may change how a canary ended, never that it did."""
    before = folded(*history)
    after = merged(before, more)
    for canary in before.canaries:
        if standing(before, canary, at(120), LIFE).ended_at is not None:
            assert stands(after, canary.deployment, 120).ended_at is not None


def test_a_group_stays_small() -> None:
    group = folded(*(status(each, "in_progress", each) for each in range(1, 200)))
    assert len(group.canaries) == KEPT
    assert [each.deployment for each in group.canaries] == list(range(200 - KEPT, 200))
    assert merged(group, status(1, "in_progress", 900)) == group
    assert isinstance(group.canaries[0], Canary)
