"""One write of several items, whole or not at all: why it was cancelled, and again when others were in the way."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import ClientError

from kaizen.storage.items import from_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Action = Mapping[str, Any]  # {"Put": ...}, {"Update": ...}, {"Delete": ...} or {"ConditionCheck": ...}

_FAILED_CONDITION = "ConditionalCheckFailed"
_IN_PROGRESS = "TransactionInProgress"
# Others wrote to the same items at that moment, or too much was written at once: a retry cures it.
_TRANSIENT = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", _IN_PROGRESS})


class CancelledError(ClientError):
    """A transaction was cancelled: none of its actions took effect. `codes` says why, action by action.

    Codes of actions that would have gone through are `None`. While an earlier attempt of the same transaction is still
    under way, all codes are `TransactionInProgress`, and it may yet take effect.
    """

    def __init__(self, error: ClientError, codes: Sequence[str]) -> None:
        super().__init__(error.response, error.operation_name)
        self.codes = tuple(codes)

    @property
    def reasons(self) -> frozenset[str]:
        return frozenset(self.codes) - {"None"}

    @property
    def transient(self) -> bool:
        """Whether the same transaction may succeed later."""
        return bool(self.reasons) and self.reasons <= _TRANSIENT

    @property
    def overtaken(self) -> bool:
        """Whether it may succeed later, or after what it was made from has been read again."""
        return bool(self.reasons) and self.reasons <= _TRANSIENT | {_FAILED_CONDITION}

    def refused(self, index: int) -> bool:
        """Whether the condition of one action did not hold."""
        return self.codes[index : index + 1] == (_FAILED_CONDITION,)

    def existing(self, index: int) -> dict[str, Any]:
        """The item that refused an action which asked for it (`ReturnValuesOnConditionCheckFailure`); else empty."""
        reasons: Any = self.response.get("CancellationReasons") or []
        return from_item(reasons[index].get("Item") or {}) if index < len(reasons) else {}


def transact(
    client: "DynamoDBClient",
    actions: Iterable[Action],
    *,
    attempts: int = 1,
    pause: float = 0.0,
    sleep: Callable[[float], object] | None = None,
    jitter: Callable[[float, float], float] = random.uniform,
) -> None:
    """Write all actions or none. Raises CancelledError, and ClientError or BotoCoreError for anything else.

    Transient cancellations are tried again, `attempts` times in all, after up to `pause` seconds, twice as many each
    time; with full jitter, so that those that met now do not meet again. Callers whose actions follow from what they
    have read leave `attempts` at 1 and read again themselves.
    """
    if attempts < 1:
        raise ValueError("nothing would be written in no attempt")
    items: Any = list(actions)
    token = uuid4().hex
    for attempt in range(attempts):
        try:
            client.transact_write_items(TransactItems=items, ClientRequestToken=token)
            return
        except ClientError as error:
            cancelled = _cancelled(error, len(items))
            if cancelled is None:
                raise
            if attempt == attempts - 1 or not cancelled.transient:
                raise cancelled from error
            if _IN_PROGRESS not in cancelled.codes:  # then it must be known as the same one
                token = uuid4().hex
        if sleep is not None:
            sleep(jitter(0, pause * 2**attempt))


def _cancelled(error: ClientError, count: int) -> CancelledError | None:
    code = error.response["Error"].get("Code")
    if code == "TransactionCanceledException":
        reasons = error.response.get("CancellationReasons", [])
        return CancelledError(error, [str(reason.get("Code", "None")) for reason in reasons])
    if code == "TransactionInProgressException":
        return CancelledError(error, [_IN_PROGRESS] * count)
    return None
