"""Answers of Prometheus, read without any network: each failure is told from an empty result, and none is a crash."""

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaizen.prometheus.answers import result
from kaizen.prometheus.errors import (
    BadQueryError,
    DeniedError,
    ExecutionError,
    PrometheusError,
    QueryTimeoutError,
    RefusedError,
    UnavailableError,
    UnreadableError,
)
from kaizen.prometheus.results import Matrix, Notes, Sample, Scalar, Series, Text, Vector
from kaizen.runtime.outbound import Answer
from tests.effort import examples

VECTOR = {"resultType": "vector", "result": [{"metric": {"job": "a"}, "value": [1.5, "2"]}]}


def success(data: Any, **beside: Any) -> Answer:
    return Answer(200, {}, json.dumps({"status": "success", "data": data} | beside).encode())


def failure(status: int, kind: str) -> Answer:
    return Answer(status, {}, json.dumps({"status": "error", "errorType": kind, "error": "why\n so"}).encode())


def test_types_of_results() -> None:
    assert result(success(VECTOR)) == Vector((Sample({"job": "a"}, 1.5, 2.0),))
    assert result(success({"resultType": "scalar", "result": [1, "+Inf"]})) == Scalar(1.0, math.inf)
    assert result(success({"resultType": "string", "result": [1, "words"]})) == Text(1.0, "words")
    rows = [{"metric": {}, "values": [[1, "-Inf"], [2, "1e3"]]}]
    assert result(success({"resultType": "matrix", "result": rows})) == Matrix(
        (Series({}, ((1, -math.inf), (2, 1000))),)
    )
    (sample,) = result(success({"resultType": "vector", "result": [{"metric": {}, "value": [1, "NaN"]}]})).samples  # type: ignore[union-attr]
    assert math.isnan(sample.value)


def test_native_histograms_are_counted_and_make_nothing_empty() -> None:
    histogram = {"metric": {}, "histogram": [1, {"count": "2", "sum": "3", "buckets": []}]}
    vector = result(success({"resultType": "vector", "result": [histogram]}))
    assert vector == Vector((), histograms=1)
    assert not vector.empty
    matrix = result(success({"resultType": "matrix", "result": [{"metric": {}, "histograms": [[1, {}], [2, {}]]}]}))
    assert matrix == Matrix((), histograms=2)
    assert not matrix.empty


def test_empty_partial_and_complete_are_told_apart() -> None:
    empty = {"resultType": "vector", "result": []}
    assert result(success(empty)).empty
    assert result(success(empty)).notes.complete
    warned = result(success(empty, warnings=["a store\nis away"], infos=["not a counter"]))
    assert warned.notes == Notes(("a store is away",), ("not a counter",))
    assert not warned.notes.complete
    assert result(success(VECTOR, infos=["not a counter"])).notes.complete
    assert not result(success(VECTOR, isPartial=True)).notes.complete


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (failure(400, "bad_data"), BadQueryError),
        (failure(422, "execution"), ExecutionError),
        (failure(503, "timeout"), QueryTimeoutError),
        (failure(499, "canceled"), QueryTimeoutError),
        (failure(503, "unavailable"), UnavailableError),
        (failure(500, "internal"), UnavailableError),
        (failure(404, "not_found"), RefusedError),
        (failure(200, "bad_data"), BadQueryError),
        (failure(200, "of its own"), UnreadableError),
        (failure(429, "too_many_requests"), UnavailableError),
        (Answer(401, {}, b"Unauthorized\n"), DeniedError),
        (Answer(403, {}, b"<html>"), DeniedError),
        (Answer(404, {}, b"404 page not found"), RefusedError),
        (Answer(302, {}, b""), UnreadableError),
        (Answer(200, {}, b"<!doctype html>"), UnreadableError),
        (Answer(200, {}, b'{"status": "success", "data": {"result'), UnreadableError),
        (Answer(200, {}, b'{"status": "ok"}'), UnreadableError),
        (Answer(200, {}, b"[" * 100_000), UnreadableError),
        (Answer(502, {}, b"<html>bad gateway"), UnavailableError),
        (success({"resultType": "cube", "result": []}), UnreadableError),
        (success({"resultType": "vector", "result": None}), UnreadableError),
        (success({"resultType": "vector", "result": [{"metric": {}}]}), UnreadableError),
        (success({"resultType": "vector", "result": [{"metric": {}, "value": [1, 2]}]}), UnreadableError),
        (success({"resultType": "matrix", "result": [{"metric": {}}]}), UnreadableError),
        (success({"resultType": "scalar", "result": [True, "1"]}), UnreadableError),
    ],
)
def test_every_failure_has_its_error(answer: Answer, kind: type[PrometheusError]) -> None:
    with pytest.raises(PrometheusError) as raised:
        result(answer)
    assert type(raised.value) is kind


_ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["1", "NaN", "+Inf"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["metric", "value", "values", "histogram", "histograms", "a"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=examples(300))
@given(
    status=st.sampled_from([200, 400, 401, 422, 500, 503]),
    kind=st.sampled_from(["vector", "matrix", "scalar", "string", "other"]),
    content=_ANY,
    beside=st.dictionaries(st.sampled_from(["warnings", "infos", "isPartial", "status", "errorType", "error"]), _ANY),
)
def test_no_answer_crashes_the_reader(status: int, kind: str, content: Any, beside: dict[str, Any]) -> None:
    data = {"status": "success", "data": {"resultType": kind, "result": content}} | beside
    try:
        found = result(Answer(status, {}, json.dumps(data).encode()))
    except PrometheusError:
        return
    assert status == 200
    assert isinstance(found, Vector | Matrix | Scalar | Text)


@settings(deadline=None)
@given(status=st.integers(200, 599), body=st.binary(max_size=200))
def test_no_bytes_crash_the_reader(status: int, body: bytes) -> None:
    with pytest.raises(PrometheusError):
        result(Answer(status, {}, body))
