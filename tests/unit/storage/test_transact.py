"""Transactions against a client that cancels: which reasons are read, what is tried again, and under which token."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from kaizen.storage.transact import CancelledError, transact

ACTIONS: list[dict[str, Any]] = [{"Put": {"TableName": "t"}}, {"Update": {"TableName": "t"}}]


def cancelled(*codes: str) -> ClientError:
    reasons: Any = [{"Code": code} for code in codes]
    response: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
    return ClientError(response, "TransactWriteItems")


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "TransactWriteItems")


CONFLICT = cancelled("None", "TransactionConflict")
IN_PROGRESS = refused("TransactionInProgressException")


class Client:
    """Raises what it was given, one a call, and then takes everything."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.tokens: list[str] = []

    def transact_write_items(self, **request: Any) -> None:
        assert request["TransactItems"] == ACTIONS
        self.tokens.append(request["ClientRequestToken"])
        if self.faults:
            raise self.faults.pop(0)


def run(client: Any, attempts: int = 5) -> list[float]:
    """The pauses, each as long as it may be."""
    pauses: list[float] = []
    transact(client, iter(ACTIONS), attempts=attempts, pause=0.1, sleep=pauses.append, jitter=lambda _, most: most)
    return pauses


def test_what_goes_through_needs_one_call() -> None:
    client = Client()
    assert run(client) == []
    assert len(client.tokens) == 1


@pytest.mark.parametrize(
    "fault",
    [
        CONFLICT,
        cancelled("ThrottlingError", "None"),
        cancelled("ProvisionedThroughputExceeded", "TransactionConflict"),
        IN_PROGRESS,
    ],
)
def test_what_passes_is_tried_again_after_growing_pauses(fault: ClientError) -> None:
    assert run(Client(fault, fault, fault)) == [0.1, 0.2, 0.4]


def test_a_cancelled_transaction_is_a_new_one_next_time() -> None:
    client = Client(CONFLICT, CONFLICT)
    run(client)
    assert len(set(client.tokens)) == 3


def test_one_under_way_is_asked_for_again_under_its_own_token() -> None:
    """Else what it has already added would be added once more."""
    client = Client(IN_PROGRESS, IN_PROGRESS)
    run(client)
    assert len(set(client.tokens)) == 1


def test_in_the_end_it_is_told() -> None:
    client = Client(*[CONFLICT] * 9)
    with pytest.raises(CancelledError) as caught:
        run(client, attempts=3)
    assert len(client.tokens) == 3
    assert (caught.value.codes, caught.value.transient) == (("None", "TransactionConflict"), True)
    assert caught.value.__cause__ is CONFLICT


@pytest.mark.parametrize(
    ("codes", "index", "overtaken"),
    [
        (("ConditionalCheckFailed", "None"), 0, True),
        (("None", "ConditionalCheckFailed"), 1, True),
        (("ConditionalCheckFailed", "TransactionConflict"), 0, True),
        (("None", "ValidationError"), None, False),
        (("TransactionConflict", "ValidationError"), None, False),
        (("None", "None"), None, False),
        ((), None, False),
    ],
)
def test_what_no_repetition_cures_is_told_at_once(codes: tuple[str, ...], index: int | None, overtaken: bool) -> None:
    client = Client(cancelled(*codes))
    with pytest.raises(CancelledError) as caught:
        run(client)
    assert len(client.tokens) == 1
    assert [caught.value.refused(place) for place in (0, 1)] == [place == index for place in (0, 1)]
    assert (caught.value.transient, caught.value.overtaken) == (False, overtaken)


@pytest.mark.parametrize("fault", [refused("ValidationException"), ReadTimeoutError(endpoint_url="https://e")])
def test_any_other_error_passes_as_it_is(fault: Exception) -> None:
    with pytest.raises(type(fault)) as caught:
        run(Client(fault))
    assert caught.value is fault
