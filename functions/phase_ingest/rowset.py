"""The rows of an epoch, as a CONFIG or a JSON body names them. Pure.

`ids` lists each row's oscillator, `ranges` runs of them as [first id, count]; `strata`, which may be missing, runs of
rows of one stratum as [stratum, count]. All in the order of the rows. Other keys are the producer's own.
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Any

from kaizen.phase.wire import LIMITS
from phase_ingest.faults import RefusedError, shown

ID_END = 1 << 63
STRATUM_END = 1 << 31


def count_rows(document: Mapping[str, Any]) -> int:
    """How many rows a document names. Raises RefusedError 400 for the first fault in it."""
    if ("ids" in document) == ("ranges" in document):
        raise _fault("rows are named by ids or by ranges, one of them")
    rows = _count_ids(document["ids"]) if "ids" in document else _count_ranges(document["ranges"])
    if "strata" in document:
        strata = sum(count for _, count in _runs("strata", document["strata"], STRATUM_END))
        if strata != rows:
            raise _fault(f"strata count {shown(strata)} rows, there are {rows}")
    return rows


def fingerprint(document: Mapping[str, Any]) -> str:
    """The same for equal documents, whatever the order of their keys. Raises RefusedError 400."""
    try:
        return sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    except RecursionError as error:
        raise _fault("the document is nested too deeply") from error


def _count_ids(ids: Any) -> int:
    _check_list("ids", ids)
    for index, each in enumerate(ids):
        if type(each) is not int or not 0 <= each < ID_END:
            raise _fault(f"ids[{index}] is {shown(each)}, not a whole number from 0 to 2^63 - 1")
    if len(set(ids)) < len(ids):
        raise _fault(f"the id {next(one for one, other in pairwise(sorted(ids)) if one == other)} is there twice")
    return _checked(len(ids))


def _count_ranges(ranges: Any) -> int:
    runs = sorted(_runs("ranges", ranges, ID_END))
    for first, count in runs:
        if first + count > ID_END:
            raise _fault(f"the range {shown([first, count])} goes beyond the id 2^63 - 1")
    for (first, count), (second, _) in pairwise(runs):
        if first + count > second:
            raise _fault(f"the id {second} is in two ranges")
    return _checked(sum(count for _, count in runs))


def _runs(name: str, runs: Any, end: int) -> Sequence[tuple[int, int]]:
    """Pairs of (what, count), `what` below `end`."""
    _check_list(name, runs)
    for index, run in enumerate(runs):
        is_pair = isinstance(run, list) and len(run) == 2 and all(type(each) is int for each in run)
        if not is_pair or not 0 <= run[0] < end or run[1] < 1:
            raise _fault(
                f"{name}[{index}] is {shown(run)}, not a whole number from 0 to 2^{end.bit_length() - 1} - 1 "
                "and a count from 1"
            )
    return [(what, count) for what, count in runs]


def _check_list(name: str, value: Any) -> None:
    if not isinstance(value, list) or not value:
        raise _fault(f"{name} is not a list with something in it")


def _checked(rows: int) -> int:
    if rows > LIMITS.rows:
        raise RefusedError(413, "too-large", f"{shown(rows)} rows are more than {LIMITS.rows}")
    return rows


def _fault(sentence: str) -> RefusedError:
    return RefusedError(400, "rows", sentence)
