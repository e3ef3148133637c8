"""The recording rules behind metrics: which series a panel shows that reads a recorded one. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kaizen.dashboards.files import FileDiff
from kaizen.dashboards.sentences import Sentence, listed, quoted
from kaizen.promql import PromqlError, metrics, parse
from kaizen.yamltree import Node, YamlError, documents

_MOST = 6  # rules of one name that are looked at, and metrics that are listed


@dataclass(frozen=True, slots=True)
class Rule:
    """`metrics` are those that its expression names; empty where that cannot be read."""

    name: str
    expression: str
    path: str
    line: int
    metrics: frozenset[str]


Rules = Mapping[str, Sequence[Rule]]


def rules(contents: Mapping[str, bytes]) -> Rules:
    """Recording rules of files by their names; whatever their envelope is, a rule has `record` and `expr`. What is no
    YAML has none: it is for the linting of rules to say so."""
    found: dict[str, list[Rule]] = {}
    for path in sorted(contents):
        try:
            roots = documents(contents[path])
        except YamlError:
            continue
        for node in _maps(roots):
            rule = _rule(node, path)
            if rule is not None:
                found.setdefault(rule.name, []).append(rule)
    return found


def _maps(roots: Iterable[Node]) -> Iterator[Node]:
    seen: set[int] = set()
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if id(node) in seen:  # an alias
            continue
        seen.add(id(node))
        if node.kind == "map":
            yield node
        waiting += [*node.items, *(value for _, value in node.pairs)]


def _rule(node: Node, path: str) -> Rule | None:
    fields = {key.value: value for key, value in node.pairs if key.kind == value.kind == "scalar"}
    if "record" not in fields or "expr" not in fields:
        return None
    text = fields["expr"].value.strip()
    try:
        names = metrics(parse(text))
    except PromqlError:
        names = frozenset()
    return Rule(fields["record"].value, text, path, fields["record"].line, names)


def wanted(files: Sequence[FileDiff]) -> frozenset[str]:
    """Recorded metrics, by the colon in their names, that the changes show or no longer show."""
    found = [each.diff.metrics for each in files if each.diff is not None]
    names = {name for each in found for name in (*each.added, *each.removed, *each.affected)}
    return frozenset(name for name in names if ":" in name.strip(":"))


def explained(files: Sequence[FileDiff], known: Rules) -> list[FileDiff]:
    """The files with what is behind their recorded metrics."""
    return [_explained(each, known) for each in files]


def _explained(given: FileDiff, known: Rules) -> FileDiff:
    names = sorted(wanted([given]))
    if given.diff is None or not names or not known:
        return given
    behind = tuple(words for name in names if (words := _behind(name, known, new=name in given.diff.metrics.added)))
    return replace(given, diff=replace(given.diff, metrics=replace(given.diff.metrics, behind=behind)))


def _behind(name: str, known: Rules, *, new: bool) -> Sentence:
    """Empty for a metric of which nothing is known, unless it is new: then nobody may record it."""
    made = known.get(name, ())
    if not made:
        return (quoted(name), " is recorded by no rule here") if new else ()
    first = made[0]
    more = f" and {len(made) - 1} more" if len(made) > 1 else ""
    found: Sentence = (quoted(name), " is recorded at ", quoted(f"{first.path}:{first.line}"), more)
    raw = sorted(_raw(name, known))
    return (*found, " from ", *listed(raw, _MOST)) if raw else (*found, ": ", quoted(first.expression))


def _raw(name: str, known: Rules) -> frozenset[str]:
    """The metrics from which it is recorded in the end, through any number of rules."""
    found: set[str] = set()
    seen = {name}
    waiting = [name]
    while waiting:
        for rule in known.get(waiting.pop(), ())[:_MOST]:
            for each in rule.metrics - seen:
                seen.add(each)
                if each in known:
                    waiting.append(each)
                else:
                    found.add(each)
    return frozenset(found)
