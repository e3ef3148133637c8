"""Every combination of what was deployed, what git holds and what Grafana holds has its class."""

import itertools
from dataclasses import replace

import pytest

from dashboard_snapshot import drift
from dashboard_snapshot.drift import Content, Item, Kind, classified, continued, counted
from dashboard_snapshot.driftstate import Drift
from dashboard_snapshot.driftwording import Late, note
from kaizen.policy.sections.dashboard_snapshot import DashboardSnapshotPolicy


def never(one: str, other: str) -> bool:
    return False


@pytest.mark.parametrize(
    ("base", "head", "live", "kind"),
    [
        ("a", "a", "a", "same"),
        ("a", "a", "x", "edited"),
        ("a", "a", None, "missing"),
        ("a", "b", "a", "not_deployed"),
        ("a", "b", "b", "same"),
        ("a", "b", "x", "conflict"),
        ("a", "b", None, "missing"),
        ("a", None, "a", "not_deployed"),
        ("a", None, "x", "conflict"),
        ("a", None, None, "same"),
        (None, "b", "b", "same"),
        (None, "b", "x", "conflict"),
        (None, "b", None, "not_deployed"),
        (None, None, "x", "unmanaged"),
        (None, None, None, "same"),
    ],
)
def test_each_combination_has_its_class(base: Content, head: Content, live: Content, kind: Kind) -> None:
    assert classified(base, head, live, never) == kind


def test_the_table_is_whole() -> None:
    """Each combination of contents that differ in another way stands in the table, and every line of it is tested."""
    sides = itertools.product((None, "a"), (None, "a", "b"), (None, "a", "b", "x"))
    shapes = {tuple(_shape(each)) for each in sides if not (each[0] is None and each[1] == "a")}
    assert len(shapes) == 15
    assert drift.__doc__ is not None
    lines = [line for line in drift.__doc__.splitlines() if line.startswith("|")][2:]
    assert len(lines) == len(shapes) - 1  # of nothing on any side nobody asks


def _shape(sides: tuple[Content, ...]) -> list[str]:
    """Contents by the order in which they first come."""
    known: dict[str, str] = {}
    return ["-" if each is None else known.setdefault(each, str(len(known))) for each in sides]


def test_what_means_the_same_is_the_same() -> None:
    def cases(one: str, other: str) -> bool:
        return one.lower() == other.lower()

    assert classified("a", "a", "A", cases) == "same"
    assert classified("a", "b", "A", cases) == "not_deployed"
    assert classified("a", "A", "x", cases) == "edited"
    assert classified("a", "b", "B", cases) == "same"


def test_drift_keeps_its_beginning_and_is_published_once() -> None:
    old = Item("u", "T", "edited", "d/u.json", "ana", "2026-11-28T13:00:00Z", "x", "a", published=True)
    now = replace(old, since="2026-11-28T15:00:00Z", published=False)
    assert continued([now], [old]) == (old,)
    again = replace(now, live="y")
    assert continued([again], [old]) == (replace(again, since=old.since),)
    worse = replace(now, kind="conflict")
    assert continued([worse], [old]) == (replace(worse, since=old.since),)
    assert continued([now], [replace(old, kind="unmanaged")]) == (now,)
    assert counted([now, worse]) == {"edited": 1, "conflict": 1, "not_deployed": 0, "unmanaged": 0, "missing": 0}


def test_an_edit_begins_with_the_edit_and_not_with_what_was_not_deployed_before() -> None:
    waiting = Item("u", "T", "not_deployed", "d/u.json", "", "2026-11-28T13:00:00Z", "x", "a", published=True)
    edit = replace(waiting, kind="edited", author="ben", since="2026-12-04T16:05:00Z", live="y", published=False)
    assert continued([edit], [waiting]) == (edit,)
    conflict = replace(edit, kind="conflict", head="b", since="2026-12-04T18:00:00Z")
    assert continued([conflict], [edit])[0].since == edit.since


def told(*late: tuple[str, Kind]) -> str:
    at = "2026-11-28T13:00:00Z"
    items = tuple(Item(uid, "T", kind, f"d/{n}.json", "ana", at, "x", "a") for n, (uid, kind) in enumerate(late))
    known = Drift("o/r", "d", "h" * 40, "b" * 40, "tag", at, items, (), "", "", ())
    made = [Late(each, None, None) for each in items]
    return note(known, made, DashboardSnapshotPolicy(), "https://g.example", "kept").text


def test_each_of_a_few_dashboards_has_its_commands_and_of_many_one_line_shows_how() -> None:
    few = told(("checkout", "edited"), ("gone", "missing"), ("new", "not_deployed"))
    assert "patch --bucket kept latest checkout | git apply" in few
    assert "Bring it back, in Grafana: `./kaizen dashboard_snapshot restore --git --bucket kept" in few
    assert (few.count("| git apply"), few.count("restore --git"), "latest new" in few) == (1, 2, False)
    many = told(*((f"u{number}", "edited") for number in range(5)))
    assert (many.count("| git apply"), "latest UID" in many) == (1, True)
    assert "deployed bbbbbbbbbbbb, by its tag" in many


@pytest.mark.parametrize("uid", ["<!channel>", "a`b", "a;rm -rf x", "ü"])
def test_a_uid_that_a_message_cannot_show_as_it_is_has_no_command(uid: str) -> None:
    """It comes from a file in git, and may be anything."""
    said = told((uid, "edited"))
    assert "./kaizen" not in said
    assert "<!channel>" not in said
