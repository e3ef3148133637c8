"""Every combination of what was deployed, what git holds and what Grafana holds has its class."""

import itertools
from dataclasses import replace

import pytest

from dashboard_snapshot import drift
from dashboard_snapshot.drift import Content, Item, Kind, classified, continued, counted


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
