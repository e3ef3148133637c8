"""Reads an HTTP answer of Prometheus's query API. Pure; raises nothing but PrometheusError.

https://prometheus.io/docs/prometheus/latest/querying/api/
"""

import json
from collections.abc import Mapping
from typing import Any

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
from kaizen.prometheus.results import Labels, Matrix, Notes, Result, Sample, Scalar, Series, Text, Vector
from kaizen.runtime.outbound import Answer

_WORDS = 500  # characters that are kept of a message
_NOTES = 50  # warnings or infos that are kept
_BY_TYPE: Mapping[str, type[PrometheusError]] = {
    "bad_data": BadQueryError,
    "execution": ExecutionError,
    "timeout": QueryTimeoutError,
    "canceled": QueryTimeoutError,
    "unavailable": UnavailableError,
    "internal": UnavailableError,
    "not_found": RefusedError,
    "not_acceptable": RefusedError,
}


def result(answer: Answer) -> Result:
    """The result; raises the error that fits for anything else."""
    content = _json(answer.body)
    if answer.status == 200 and isinstance(content, dict) and content.get("status") == "success":
        return _result(content)
    raise _error(answer.status, content)


def _json(body: bytes) -> Any:
    """None where it is not JSON: a proxy's page, or an answer that was cut."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _error(status: int, content: Any) -> PrometheusError:
    """Prometheus's own word for the error comes first, then the status."""
    if isinstance(content, dict) and content.get("status") == "error":
        words = _words(content.get("error"))
        kind = _BY_TYPE.get(str(content.get("errorType")))
        if kind is not None:
            return kind(words)
    else:
        words = f"the answer of status {status} is not Prometheus's"
    if status in (401, 403):
        return DeniedError(f"{status}: {words}")
    if status == 429 or status >= 500:
        return UnavailableError(f"{status}: {words}")
    if 400 <= status < 500:
        return RefusedError(f"{status}: {words}")
    return UnreadableError(words)


def _words(given: Any) -> str:
    return " ".join(str(given).split())[:_WORDS]


def _result(content: Mapping[str, Any]) -> Result:
    data = content.get("data")
    if not isinstance(data, dict):
        raise UnreadableError("the answer has no data")
    notes = Notes(
        _list_of_words(content.get("warnings")), _list_of_words(content.get("infos")), content.get("isPartial") is True
    )
    given, kind = data.get("result"), data.get("resultType")
    try:
        if kind == "vector":
            return _vector(given, notes)
        if kind == "matrix":
            return _matrix(given, notes)
        if kind == "scalar":
            at, value = _pair(given)
            return Scalar(at, value, notes)
        if kind == "string":
            at, words = _list(given)
            return Text(_instant(at), _text(words), notes)
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
        raise UnreadableError(f"the answer is no {kind}") from error
    raise UnreadableError(f"there is no type of result {_words(kind)[:40]!r}")


def _list_of_words(given: Any) -> tuple[str, ...]:
    return tuple(_words(each) for each in given[:_NOTES]) if isinstance(given, list) else ()


def _vector(given: Any, notes: Notes) -> Vector:
    samples, histograms = [], 0
    for each in _list(given):
        labels = _labels(each["metric"])
        if "value" in each:
            samples.append(Sample(labels, *_pair(each["value"])))
        else:
            _instant(each["histogram"][0])
            histograms += 1
    return Vector(tuple(samples), histograms, notes)


def _matrix(given: Any, notes: Notes) -> Matrix:
    series, histograms = [], 0
    for each in _list(given):
        labels = _labels(each["metric"])
        points = tuple(_pair(pair) for pair in _list(each.get("values", [])))
        found = len(_list(each.get("histograms", [])))
        if not points and not found:
            raise ValueError
        histograms += found
        if points:
            series.append(Series(labels, points))
    return Matrix(tuple(series), histograms, notes)


def _list(given: Any) -> list[Any]:
    if not isinstance(given, list):
        raise TypeError
    return given


def _labels(given: Any) -> Labels:
    return {_text(name): _text(value) for name, value in given.items()}


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise TypeError
    return given


def _instant(given: Any) -> float:
    if type(given) not in (int, float):
        raise TypeError
    return float(given)


def _pair(given: Any) -> tuple[float, float]:
    """An instant and a value; values are text, since JSON has neither NaN nor infinity."""
    at, value = _list(given)
    return _instant(at), float(_text(value))
