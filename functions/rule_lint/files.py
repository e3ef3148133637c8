"""Rule files and PrometheusRule resources read into rules, with every fault that Prometheus would name. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from kaizen.promql import Expression, PromqlError, UnreadError, parse
from kaizen.promql.tokens import weight
from kaizen.yamltree import Node, TooMuchError, YamlError, documents
from rule_lint import names
from rule_lint.model import Finding, Kind, Level, Member, Place, Rule, RuleFile, normal_form
from rule_lint.positions import place_in

_GROUP_KEYS = ("name", "interval", "query_offset", "limit", "labels", "rules")
_RULE_KEYS = ("record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations")
# What others have added to the format; Prometheus refuses a file with them.
_VENDORS = {
    "partial_response_strategy": "Thanos", "concurrency": "VictoriaMetrics", "params": "VictoriaMetrics",
    "type": "VictoriaMetrics", "headers": "VictoriaMetrics", "notifier_headers": "VictoriaMetrics",
    "eval_offset": "VictoriaMetrics", "eval_delay": "VictoriaMetrics", "eval_alignment": "VictoriaMetrics",
    "debug": "VictoriaMetrics", "update_entries_limit": "VictoriaMetrics", "namespace": "Mimir",
    "source_tenants": "Mimir", "align_evaluation_time_on_interval": "Mimir", "evaluation_delay": "Mimir",
}  # fmt: skip
# By which other files are known that lie beside rules.
_OF_OTHERS = {
    "tests": "a test of promtool", "scrape_configs": "the configuration of Prometheus",
    "route": "the configuration of Alertmanager", "rule_files": "a test of promtool or the configuration of Prometheus",
}  # fmt: skip
# Hostile files only: of real ones the densest would have to be 1 MiB long to have so many tokens.
MOST_TOKENS = 100_000
MOST_FAULTS = 1000  # of one file
_MOST_LABELS = 100  # of a rule, or of a group
_RESOURCE = "PrometheusRule"


def read(path: str, content: bytes) -> RuleFile:
    """Every rule of every document. Raises nothing: what is wrong is in the findings."""
    return _Reader(path, content).read()


@dataclass(frozen=True, slots=True)
class _Where:
    """What a fault is about: the group and rule as people know them; empty outside of one."""

    group: str = ""
    rule: str = ""

    def __str__(self) -> str:
        return f"group {self.group!r}, {self.rule}" if self.rule else f"group {self.group!r}" if self.group else ""


class _Reader:
    def __init__(self, path: str, content: bytes) -> None:
        self._path = path
        self._content = content
        self._lines = content.decode("utf-8-sig", "replace").splitlines()
        self._findings: list[Finding] = []
        self._rules: list[Rule] = []
        self._resource = False
        self._others: list[tuple[Node, str]] = []  # resources that hold no rules, each with its kind
        self._whole = True
        self._tokens = 0  # of all expressions
        self._places: dict[tuple[int, int, int | None], Place] = {}

    def read(self) -> RuleFile:
        try:
            roots = documents(self._content)
        except TooMuchError as error:
            self._fault("unread", error.message, "Split it.", Place(self._path, error.line), level="warning")
            roots, self._whole = [], False
        except YamlError as error:
            self._not_yaml(error)
            roots, self._whole = [], False
        late = [each for index, each in enumerate(roots) if not self._take(each) and index]
        if late:
            self._fault(
                "documents",
                "Prometheus reads the first YAML document of a file alone; the rules of this one never run",
                "Move them into a file of their own.",
                Place(self._path, late[0].line),
                level="warning",
            )
        if self._others and not self._rules:
            self._other(*self._others[0])
        return RuleFile(self._path, tuple(self._rules), tuple(self._findings), self._whole, tuple(self._lines))

    def _not_yaml(self, error: YamlError) -> None:
        place = Place(self._path, error.line, error.column)
        if any(each.lstrip().startswith("{{") or ".Values." in each or ".Release." in each for each in self._lines):
            self._fault("template", "this is a template, and not read", "Lint what it renders to.", place, level="note")
            return
        self._fault("yaml", f"this is no YAML: {error.message}", "Mend it; no rule of this file is loaded.", place)

    def _fault(
        self,
        check: str,
        message: str,
        todo: str,
        place: Place,
        where: _Where = _Where(),
        *,
        level: Level = "error",
        code: str = "",
    ) -> None:
        if len(self._findings) > MOST_FAULTS:
            return
        if len(self._findings) == MOST_FAULTS:
            check, level, message = "unread", "warning", "from here on no fault is listed: too many"
            todo = "Mend these first."
        key = (self._path, where.group, where.rule, message, code)
        title = str(where)
        self._findings.append(Finding(check, level, message, todo, (Member(place, title),), key, code))

    def _wrong(self, message: str, node: Node, where: _Where = _Where()) -> None:
        """A fault of form, for which Prometheus refuses the whole file."""
        todo = "Mend it; Prometheus refuses the whole file until then."
        self._fault("rule-file", message, todo, Place(self._path, node.line, node.column), where)

    # ------------------------------------------------------------ documents
    def _take(self, root: Node) -> bool:
        """Read one document; whether it is a resource of Kubernetes, of which a file may hold many."""
        if root.null:
            return True
        if root.kind != "map":
            self._wrong("a rule file is a mapping with the key `groups`", root)
            return False
        content = self._map(root)
        kind = content.get("kind")
        if kind is not None and "apiVersion" in content:
            self._resource_of(root, content, kind.value)
            return True
        other = next((key for key in _OF_OTHERS if key in content), None)
        if other is not None and "groups" not in content:
            self._wrong(f"this is no rule file: it has `{other}`, as {_OF_OTHERS[other]} has", root)
            return False
        self._known(root, content, ("groups",), "a rule file")
        self._groups(content.get("groups"))
        return False

    def _resource_of(self, root: Node, content: Mapping[str, Node], kind: str) -> None:
        spec = content.get("spec")
        groups = self._map(spec).get("groups") if spec is not None and spec.kind == "map" else None
        if kind == _RESOURCE:
            self._resource = True
            self._groups(groups)
            self._resource = False
        elif kind == "List" and "items" in content:
            for each in content["items"].items:
                inside = self._map(each)
                if "kind" in inside:
                    self._resource_of(each, inside, inside["kind"].value)
        elif groups is not None and groups.kind == "list":
            self._other(root, kind, level="warning")
        else:
            self._others.append((root, kind))

    def _other(self, root: Node, kind: str, *, level: Level = "note") -> None:
        message = f"no rule is read from this resource of the kind {kind[:60]!r}: rules are in a {_RESOURCE}"
        place = Place(self._path, root.line, root.column)
        self._fault("unread", message, "Mend its kind, or let the policy not watch it.", place, level=level)

    def _groups(self, node: Node | None) -> None:
        if node is None or node.null:
            return
        if node.kind != "list":
            self._wrong("`groups` must be a list", node)
            return
        seen: set[str] = set()
        for each in node.items:
            if each.null:
                continue
            if each.kind != "map":
                self._wrong("a group must be a mapping", each)
                continue
            self._group(each, seen)

    def _group(self, node: Node, seen: set[str]) -> None:
        content = self._map(node)
        name = self._text(content.get("name"), "name", _Where())
        where = _Where(name)
        if not name:
            self._wrong("a group needs a name", node)
        elif name in seen:
            self._wrong(f"the group name {name[:100]!r} is there twice in one file", node, where)
        seen.add(name)
        self._known(node, content, _GROUP_KEYS, "a group", where)
        interval = self._length(content.get("interval"), "interval", where) or 0
        offset = content.get("query_offset")
        length = self._length(offset, "query_offset", where, signed=True) or 0
        times = interval, -length if offset is not None and offset.value.startswith("-") else length
        limit = content.get("limit")
        if limit is not None and not limit.null and not (limit.value.lstrip("+-").isdecimal() and not limit.style):
            self._wrong("`limit` must be a whole number", limit, where)
        labels = self._labels(content.get("labels"), where)
        rules = content.get("rules")
        if rules is None or rules.null:
            return
        if rules.kind != "list":
            self._wrong("`rules` must be a list", rules, where)
            return
        for number, each in enumerate(rules.items, 1):
            if each.null:
                continue
            if each.kind != "map":
                self._wrong("a rule must be a mapping", each, where)
                continue
            self._rule(each, name, number, times, labels)

    # ------------------------------------------------------------ rules
    def _rule(self, node: Node, group: str, number: int, times: tuple[int, int], above: Mapping[str, str]) -> None:
        """`times` are the group's interval and offset."""
        content = self._map(node)
        record, alert = (self._text(content.get(key), key, _Where(group)) for key in ("record", "alert"))
        kind: Kind = "alert" if alert else "record"
        name = alert or record
        where = _Where(group, f"{kind} {name}" if name else f"rule {number}")
        self._known(node, content, _RULE_KEYS, "a rule", where)
        if record and alert:
            self._wrong("only one of `record` and `alert` may be set", content["alert"], where)
        if not name:
            self._wrong("one of `record` and `alert` must be set", node, where)
        if record and not names.recorded(record) and not alert:
            self._wrong(f"{record[:100]!r} is no name for a metric", content["record"], where)
        labels = dict(above) | self._labels(content.get("labels"), where)
        annotations = self._strings(content.get("annotations"), "annotations", where)
        for key, text in (*annotations.items(), *(labels.items() if alert else ())):
            if not key and key in annotations:
                self._wrong(f"{key[:100]!r} is no name for an annotation", content["annotations"], where)
            if fault := names.template_fault(text):
                self._wrong(f"the template of {key[:100]!r}: {fault}", node, where)
        waits = self._length(content.get("for"), "for", where) or 0
        keeps = self._length(content.get("keep_firing_for"), "keep_firing_for", where) or 0
        if record and not alert:
            for key, given in (("for", waits), ("keep_firing_for", keeps), ("annotations", annotations)):
                if given:
                    self._wrong(f"a recording rule cannot have `{key}`", content[key], where)
        text, expression, place = self._expression(content.get("expr"), node, where)
        if not name or (record and alert):
            return
        self._rules.append(
            Rule(
                kind, name, labels, text, expression, place, group, number, waits, keeps, times[0], annotations,
                normal_form(expression), times[1],
            )
        )  # fmt: skip

    def _expression(self, node: Node | None, rule: Node, where: _Where) -> tuple[str, Expression | None, Place]:
        """The text, its tree or None, and the place of the rule."""
        place = Place(self._path, rule.line, rule.column)
        if node is None or node.kind != "scalar" or not node.value.strip():
            self._wrong("`expr` must be set", rule if node is None else node, where)
            return "", None, place
        if self._tokens > MOST_TOKENS:  # said once
            return node.value, None, place
        self._tokens += weight(node.value)
        if self._tokens > MOST_TOKENS:
            message = (
                f"from here on nothing is checked: the expressions of this file have more than {MOST_TOKENS} parts"
            )
            self._fault("unread", message, "Split it.", place, where, level="warning")
            return node.value, None, place
        try:
            return node.value, parse(node.value), place
        except UnreadError as error:
            at = self._at(node, error.position)
            message = f"the expression is not checked: {error.message}"
            self._fault("unread", message, "Look at it yourself.", at, where, level="warning")
        except PromqlError as error:
            at = self._at(node, error.position)
            todo = "Mend it; Prometheus refuses the whole file until then."
            self._fault("promql", f"this is no PromQL: {error.message}", todo, at, where, code=node.value.strip())
        return node.value, None, place

    def _at(self, node: Node, position: int | None) -> Place:
        """Looked for once, however often an alias uses the text."""
        key = (node.line, node.column, position)
        if key not in self._places:
            self._places[key] = place_in(self._path, node, position, self._lines)
        return self._places[key]

    # ------------------------------------------------------------ parts
    def _map(self, node: Node) -> dict[str, Node]:
        """Keys with their values; `<<` taken in, keys that are there twice said."""
        found: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        for key, value in node.pairs:
            if key.kind != "scalar":
                self._wrong("a key must be a text", key)
            elif key.value == "<<" and not key.style:
                for each in value.items if value.kind == "list" else [value]:
                    merged = self._map(each) | merged if each.kind == "map" else merged
            elif key.value in found:
                self._wrong(f"the key {key.value[:100]!r} is there twice", key)
            else:
                found[key.value] = value
        return merged | found

    def _known(
        self,
        node: Node,
        content: Mapping[str, Node],
        known: Iterable[str],
        what: str,
        where: _Where = _Where(),
    ) -> None:
        places = {each.value: each for each, _ in reversed(node.pairs)}
        for key in sorted(content.keys() - set(known)):
            if self._resource and key in _VENDORS:
                continue
            at = places.get(key, node)
            vendor = f"; it is of {_VENDORS[key]}, and Prometheus refuses it" if key in _VENDORS else ""
            self._wrong(f"{what} has no key {key[:100]!r}{vendor}", at, where)

    def _text(self, node: Node | None, key: str, where: _Where) -> str:
        if node is None or node.null:
            return ""
        if node.kind != "scalar":
            self._wrong(f"`{key}` must be a text", node, where)
            return ""
        return node.value

    def _length(self, node: Node | None, key: str, where: _Where, *, signed: bool = False) -> int | None:
        if node is None or node.null:
            return None
        text = node.value if node.kind == "scalar" else ""
        found = names.length(text.removeprefix("-") if signed else text)
        if found is None:
            self._wrong(f"`{key}` is no length such as 5m: {text[:60]!r}", node, where)
        return found

    def _strings(self, node: Node | None, key: str, where: _Where) -> dict[str, str]:
        if node is None or node.null:
            return {}
        if node.kind != "map":
            self._wrong(f"`{key}` must be a mapping", node, where)
            return {}
        found = {}
        for name, value in self._map(node).items():
            if value.kind != "scalar":
                self._wrong(f"`{key}.{name[:100]}` must be a text", value, where)
            else:
                found[name] = "" if value.null else value.value
        return found

    def _labels(self, node: Node | None, where: _Where) -> dict[str, str]:
        found = self._strings(node, "labels", where)
        for name in found:
            if node is not None and name in ("", "__name__"):
                self._wrong(f"{name[:100]!r} is no name for a label", node, where)
        if node is not None and len(found) > _MOST_LABELS:
            message = f"only the first {_MOST_LABELS} of {len(found)} labels are looked at"
            self._fault("unread", message, "Take fewer.", Place(self._path, node.line), where, level="warning")
            found = dict(islice(found.items(), _MOST_LABELS))
        return found
