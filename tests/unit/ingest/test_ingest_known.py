"""The rows of an epoch: the first CONFIG settles them, whoever comes at the same time; each epoch is asked for once."""

from collections.abc import Callable
from typing import Any

import pytest

from kaizen.phase.errors import PhaseFormatError
from phase_ingest import known
from phase_ingest.body import Config
from phase_ingest.faults import RefusedError
from phase_ingest.known import KnownRows
from tests.unit.ingest.posts import DOCUMENT, ROWS, config_message

OTHER = DOCUMENT | {"ranges": [[20, 5]]}


class Rows:
    """A bucket that keeps the first. `before_put` runs while a put is on its way."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, int], bytes] = {}
        self.calls: list[str] = []
        self.before_put: Callable[[], Any] = lambda: None

    def rows(self, stream: str, epoch: int) -> bytes | None:
        self.calls.append("get")
        return self.kept.get((stream, epoch))

    def put_rows(self, stream: str, epoch: int, message: bytes) -> bool:
        self.calls.append("put")
        waiting, self.before_put = self.before_put, lambda: None
        waiting()
        return self.kept.setdefault((stream, epoch), message) is message


def config(document: Any = DOCUMENT) -> Config:
    return Config(config_message(document, 7), 7, document, ROWS)


def refused(rows: KnownRows, given: Config | None, epoch: int = 7) -> tuple[int, str]:
    with pytest.raises(RefusedError) as caught:
        rows.rows("a", epoch, given)
    return caught.value.status, str(caught.value)


def test_the_first_config_settles_the_rows() -> None:
    store = Rows()
    rows = KnownRows(store)
    assert rows.rows("a", 7, config()) == ROWS
    assert store.kept == {("a", 7): config_message(DOCUMENT, 7)}
    assert rows.rows("a", 7, None) == rows.rows("a", 7, config()) == ROWS
    assert store.calls == ["put"]
    assert refused(rows, config(OTHER)) == (409, "epoch 7 already has other rows: start a new epoch")
    assert rows.rows("a", 8, config(OTHER)) == rows.rows("b", 7, config(OTHER)) == ROWS


def test_another_process_learns_them_from_the_store() -> None:
    store = Rows()
    KnownRows(store).rows("a", 7, config())
    for given in (None, config()):
        rows = KnownRows(store)
        assert rows.rows("a", 7, given) == ROWS
        store.calls.clear()
        assert rows.rows("a", 7, None) == ROWS
        assert store.calls == []
    assert refused(KnownRows(store), config(OTHER)) == (409, "epoch 7 already has other rows: start a new epoch")
    assert store.kept == {("a", 7): config_message(DOCUMENT, 7)}


def test_unknown_rows_are_asked_for_again() -> None:
    """What is not known today may come tomorrow, by another process."""
    store = Rows()
    rows = KnownRows(store)
    assert refused(rows, None) == (409, "the rows of epoch 7 are not known: send the CONFIG first")
    KnownRows(store).rows("a", 7, config())
    assert rows.rows("a", 7, None) == ROWS


@pytest.mark.parametrize("other", [DOCUMENT, OTHER])
def test_two_first_posts_at_the_same_time(other: Any) -> None:
    """One passes while the other's put is on its way: equal rows are taken from both, other rows from the first."""
    store = Rows()
    one, two = KnownRows(store), KnownRows(store)
    store.before_put = lambda: two.rows("a", 7, config(other))
    if other is DOCUMENT:
        assert one.rows("a", 7, config()) == ROWS
    else:
        assert refused(one, config())[0] == 409
    assert store.kept == {("a", 7): config_message(other, 7)}
    assert two.rows("a", 7, config(other)) == ROWS


def test_equal_documents_in_another_order_are_equal() -> None:
    store = Rows()
    KnownRows(store).rows("a", 7, config())
    assert KnownRows(store).rows("a", 7, config(dict(reversed(DOCUMENT.items())))) == ROWS


def test_a_store_that_holds_something_else_is_no_fault_of_the_caller() -> None:
    store = Rows()
    store.kept["a", 7] = b"x"
    with pytest.raises(PhaseFormatError):
        KnownRows(store).rows("a", 7, None)


def test_few_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "MOST_KNOWN", 2)
    store = Rows()
    rows = KnownRows(store)
    for epoch in (1, 2, 1, 3):  # 2 is the one not asked for the longest
        rows.rows("a", epoch, config())
    store.calls.clear()
    rows.rows("a", 1, None)
    rows.rows("a", 3, None)
    assert store.calls == []
    rows.rows("a", 2, None)
    assert store.calls == ["get"]
