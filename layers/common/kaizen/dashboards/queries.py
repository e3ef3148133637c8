"""Queries of panels, read as PromQL where they are: one form for equal ones, and the metrics they name. Pure."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kaizen.dashboards.model import Json
from kaizen.dashboards.variables import USE, Stand
from kaizen.promql import Expression, PromqlError, UnreadError, metrics, normal, parse, write

_TEXTS = ("expr", "query", "rawSql", "target", "expression", "rawQuery", "queryText")
_OTHERS = ("loki", "tempo", "elasticsearch", "influxdb", "graphite", "mysql", "postgres", "sql", "cloudwatch", "jaeger",
           "__expr__", "pyroscope", "datasource")  # fmt: skip
_LEXICAL = re.compile(r"(?<![\w:$\"'])([A-Za-z_:][\w:]*)\s*[{\[]")
_VALUES = re.compile(r"^\s*label_values\((?P<expr>.+),\s*[\w$]+\s*\)\s*$", re.DOTALL)
_RESULT = re.compile(r"^\s*query_result\((?P<expr>.+)\)\s*$", re.DOTALL)
LONGEST = 16 * 1024


@dataclass(frozen=True)
class Query:
    """A query's text. `promql` says whether it should be PromQL."""

    text: str
    promql: bool
    stand: Stand

    @cached_property
    def _parsed(self) -> Expression | PromqlError | None:
        """The tree; the first fault where no reading is PromQL; None for another language."""
        if not self.promql:
            return None
        if len(self.text) > LONGEST:
            return UnreadError("the query is too long")
        if not self.stand.room(self.text):
            return UnreadError("there are more queries than are read")
        fault: PromqlError | None = None
        for filled in self.stand.filled(self.text):
            try:
                return normal(parse(filled))
            except PromqlError as error:
                fault = fault or error
        return fault

    @property
    def tree(self) -> Expression | None:
        found = self._parsed
        return None if isinstance(found, PromqlError) else found

    @property
    def fault(self) -> str:
        """Why it is not PromQL; empty where it is, or where that is not known."""
        found = self._parsed
        if not isinstance(found, PromqlError) or isinstance(found, UnreadError) or not self.text.strip():
            return ""
        return self.stand.shown(found.message)

    @property
    def approximate(self) -> bool:
        return isinstance(self._parsed, PromqlError) and bool(self.text.strip())

    @cached_property
    def canonical(self) -> str:
        """Equal for queries that mean the same; of other languages the text itself, where a space may matter."""
        if self.tree is not None:
            return write(self.tree)
        return " ".join(self.text.split()) if self.promql else self.text.strip()

    @cached_property
    def metrics(self) -> frozenset[str]:
        if self.tree is not None:
            return frozenset(self.stand.shown(each) for each in metrics(self.tree) if not _variable(each))
        return frozenset(_LEXICAL.findall(self.text)) if self.promql else frozenset()


def query(text: str, promql: bool, stand: Stand) -> Query:
    """The query of a text, read once for each comparison."""
    found = stand.known.get((text, promql))
    if not isinstance(found, Query):
        found = stand.known[text, promql] = Query(text, promql, stand)
    return found


def _variable(name: str) -> bool:
    """Whether a metric's name is nothing but a variable."""
    return re.fullmatch(r"kzv\d+z", name) is not None


def query_text(target: Json) -> str:
    """What a target asks for, empty for nothing that is known."""
    for name in _TEXTS:
        value = target.get(name)
        if isinstance(value, str) and value:
            return value
    return ""


def rest_of(target: Json) -> Json:
    """All of a target but what it asks for, of whom, and its name. Grafana asks once for `instant`, and twice where
    `range` is true beside it; without `instant` it takes `range` for granted."""
    text = query_text(target)
    apart = ("datasource", "refId")
    found = {
        name: value for name, value in target.items() if name not in apart and not (name in _TEXTS and value == text)
    }
    if found.get("instant") is True and isinstance(found.get("range"), bool) and found.pop("range"):
        found["instant and range"] = True
    return found


def is_promql(target: Json, panel: Json, kinds: dict[str, str]) -> bool:
    """Whether a target goes to Prometheus. `kinds` are the kinds of data sources that variables stand for."""
    if not isinstance(target.get("expr"), str):
        return False
    kind = kind_of(target, panel, kinds)
    return not any(each in kind for each in _OTHERS)


def kind_of(target: Json, panel: Json, kinds: dict[str, str]) -> str:
    """The kind of a target's data source, or else of the panel's; empty where neither can be told."""
    return source_kind(target.get("datasource"), kinds) or source_kind(panel.get("datasource"), kinds)


def source_kind(given: Any, kinds: dict[str, str]) -> str:
    """`prometheus`, `loki`, …; empty where it cannot be told."""
    if isinstance(given, dict):
        kind = given.get("type")
        if isinstance(kind, str) and kind:
            return kind.lower()
        given = given.get("uid")
    if not isinstance(given, str):
        return ""
    found = USE.fullmatch(given)
    if found:
        name = found["braced"] or found["old"] or found["bare"]
        return kinds.get(name, "loki" if "loki" in name.lower() else "")
    return "loki" if "loki" in given.lower() else ""


def variable_query(variable: Json, stand: Stand) -> Query | None:
    """The PromQL within a variable's query, as Prometheus' data source takes it; None where there is none."""
    given = variable.get("query")
    text = given.get("query") if isinstance(given, dict) else given
    if variable.get("type") != "query" or not isinstance(text, str):
        return None
    found = _VALUES.match(text) or _RESULT.match(text)
    return query(found["expr"], True, stand) if found else None


def variable_metrics(variable: Json, stand: Stand) -> frozenset[str]:
    """What a variable's query reads."""
    found = variable_query(variable, stand)
    return found.metrics if found is not None else frozenset()
