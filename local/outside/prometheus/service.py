"""The query API over canned series: https://prometheus.io/docs/prometheus/latest/querying/api/."""

import json
import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from local.outside.prometheus.selectors import SelectorError, read
from local.outside.service import Reply, Request

PREFIX = "/prometheus"
TOKEN = "local-prometheus-token"  # noqa: S105
TROUBLES = ("401", "503", "timeout", "execution", "html", "warnings", "infos", "partial", "empty", "scalar", "hang")
_JSON = (("content-type", "application/json"),)
_MOST_POINTS = 11_000
_NOTES: Mapping[str, dict[str, Any]] = {
    "warnings": {"warnings": ["one of the stores did not answer"]},
    "infos": {"infos": ["metric might not be a counter, name does not end in _total"]},
    "partial": {"isPartial": True},
}

Value = Callable[[float], float | None]


@dataclass(frozen=True, slots=True)
class _Canned:
    labels: Mapping[str, str]  # with `__name__` for a series
    value: Value


class PrometheusService:
    """`hang` is how many seconds the trouble `hang` lets a caller wait."""

    prefixes: tuple[str, ...] = (f"{PREFIX}/",)
    links: tuple[tuple[str, str], ...] = ()

    def __init__(self, hang: float = 20) -> None:
        self._series: list[_Canned] = []
        self._expressions: dict[str, list[_Canned]] = {}
        self._troubles: deque[str] = deque()
        self._lock = threading.Lock()
        self._hang = hang
        self._token = ""
        self.released = threading.Event()  # ends every call that hangs

    def parameters(self, address: str) -> Mapping[str, str]:
        return {"PrometheusUrl": f"{address}{PREFIX}"}

    def secrets(self, address: str, parameters: Mapping[str, str]) -> Mapping[str, str]:
        """The token that it asks for from now on, as a proxy before Prometheus does; without, it asks for none."""
        name = parameters.get("PrometheusTokenParameter")
        self._token = TOKEN if name else ""
        return {name: TOKEN} if name else {}

    def series(self, name: str, labels: Mapping[str, str], value: Value) -> None:
        """A series; `value` takes Unix time in seconds, and gives None where there is no sample."""
        with self._lock:
            self._series.append(_Canned({"__name__": name, **labels}, value))

    def expression(self, text: str, labels: Mapping[str, str], value: Value) -> None:
        """One element of what an expression evaluates to, asked for by exactly this text."""
        with self._lock:
            self._expressions.setdefault(text.strip(), []).append(_Canned(dict(labels), value))

    def trouble(self, *kinds: str) -> None:
        """The next questions meet these, one each. Raises ValueError for one that there is none of."""
        for kind in kinds:
            if kind not in TROUBLES:
                raise ValueError(f"{kind!r} is none of {', '.join(TROUBLES)}")
        with self._lock:
            self._troubles.extend(kinds)

    def answer(self, request: Request) -> Reply:
        path = request.path.removeprefix(PREFIX)
        if path in ("/control", "/control/prometheus") and request.method == "POST":
            return self._control(request.body)
        if path not in ("/api/v1/query", "/api/v1/query_range") or request.method not in ("GET", "POST"):
            return Reply(404, "404 page not found\n")
        if self._token and request.headers.get("authorization") != f"Bearer {self._token}":
            return Reply(401, "Unauthorized\n")
        with self._lock:
            kind = self._troubles.popleft() if self._troubles else ""
        if kind == "hang":
            self.released.wait(self._hang)
        if (refused := _refused(kind)) is not None:
            return refused
        text = request.query + ("&" + request.body.decode("utf-8", "replace") if request.method == "POST" else "")
        form = {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}
        try:
            data = self._evaluated(path.endswith("_range"), form, kind)
        except SelectorError as error:
            return _error(400, "bad_data", f'invalid parameter "query": {error}')
        except ValueError as error:
            return _error(400, "bad_data", str(error))
        return Reply(200, json.dumps({"status": "success", "data": data} | _NOTES.get(kind, {})), _JSON)

    def _evaluated(self, ranged: bool, form: Mapping[str, str], kind: str) -> dict[str, Any]:
        found = [] if kind == "empty" else list(self._found(form.get("query", "")))
        if ranged:
            times = _times(form)
            rows = [{"metric": each.labels, "values": _points(each.value, times)} for each in found]
            matrix = [each for each in rows if each["values"]]
            return {"resultType": "matrix", "result": matrix}
        at = _number(form, "time")
        if kind == "scalar":
            return {"resultType": "scalar", "result": _pair(at, 1)}
        values = [(each.labels, each.value(at)) for each in found]
        vector = [{"metric": labels, "value": _pair(at, value)} for labels, value in values if value is not None]
        return {"resultType": "vector", "result": vector}

    def _found(self, expression: str) -> Iterator[_Canned]:
        with self._lock:
            canned, series = self._expressions.get(expression.strip()), list(self._series)
        if canned is not None:
            yield from canned
            return
        name, labels = read(expression)
        wanted = {"__name__": name, **labels}
        yield from (each for each in series if all(each.labels.get(key, "") == value for key, value in wanted.items()))

    def _control(self, body: bytes) -> Reply:
        """`{"next": ["503", "warnings"]}`: one for each of the next questions."""
        try:
            kinds = json.loads(body)["next"]
            self.trouble(*([kinds] if isinstance(kinds, str) else map(str, kinds)))
        except (ValueError, KeyError, TypeError) as error:
            return Reply(400, f'send {{"next": [...]}} with some of {", ".join(TROUBLES)}: {error}')
        return Reply(200, "ok")


def _refused(kind: str) -> Reply | None:
    match kind:
        case "401":
            return Reply(401, "Unauthorized\n")
        case "503":
            return Reply(503, "Service Unavailable")
        case "timeout":
            return _error(503, "timeout", "query timed out in expression evaluation")
        case "execution":
            return _error(422, "execution", "found duplicate series for the match group on the right hand-side")
        case "html":
            return Reply(200, "<!doctype html><title>Sign in</title>", (("content-type", "text/html"),))
    return None


def _error(status: int, kind: str, words: str) -> Reply:
    return Reply(status, json.dumps({"status": "error", "errorType": kind, "error": words}), _JSON)


def _number(form: Mapping[str, str], name: str) -> float:
    try:
        found = float(form[name])
    except (KeyError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise ValueError(f'invalid parameter "{name}": cannot parse {form.get(name, "")!r} to a valid timestamp')
    return found


def _times(form: Mapping[str, str]) -> list[float]:
    start, end, step = (_number(form, name) for name in ("start", "end", "step"))
    if end < start:
        raise ValueError('invalid parameter "end": end timestamp must not be before start time')
    if step <= 0:
        raise ValueError('invalid parameter "step": zero or negative query resolution step widths are not accepted')
    if (end - start) / step > _MOST_POINTS:
        raise ValueError("exceeded maximum resolution of 11,000 points per timeseries")
    return [round(start + step * number, 3) for number in range(int((end - start) / step + 1e-9) + 1)]


def _points(value: Value, times: list[float]) -> list[list[Any]]:
    return [_pair(at, found) for at in times if (found := value(at)) is not None]


def _pair(at: float, value: float) -> list[Any]:
    special = {math.inf: "+Inf", -math.inf: "-Inf"}
    return [at, "NaN" if math.isnan(value) else special.get(value) or f"{value:.15g}"]
