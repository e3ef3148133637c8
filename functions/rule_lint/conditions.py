"""What is wrong with one rule by itself, seen without any data. Pure."""

from collections.abc import Iterator, Sequence

from kaizen.policy.sections.rule_lint import RuleLintPolicy
from kaizen.promql import metrics, selectors
from kaizen.promql.nodes import COMPARISONS, Aggregation, Binary, Call, Expression, Negation, Selector, Subquery
from kaizen.promql.writing import matcher, write
from rule_lint import labelsets
from rule_lint.checks import BY_NAME
from rule_lint.model import Finding, Rule, member

_SAID_BY_LABELS = ("_info", "_metadata")  # the value is always 1: a label says the state
_OF_PROMETHEUS = ("ALERTS", "ALERTS_FOR_STATE")


def findings(rules: Sequence[Rule], policy: RuleLintPolicy) -> Iterator[Finding]:
    for rule in rules:
        if rule.normal is not None and rule.expression is not None:
            yield from _impossible(rule, rule.expression)
            if rule.kind == "alert":
                yield from _condition(rule, rule.normal)
        if rule.kind == "alert":
            yield from _required(rule, policy)


def _finding(rule: Rule, check: str, message: str, *more: str, code: str = "") -> Finding:
    known = BY_NAME[check]
    key = (rule.place.path, *map(str, rule.identity), rule.canonical, *more)
    return Finding(check, known.level, message, known.todo, (member(rule),), key, code)


def _condition(rule: Rule, node: Expression) -> Iterator[Finding]:
    if isinstance(node, Binary) and node.operator in COMPARISONS and node.bool:
        message = f"{rule.name} fires for every series, always: `bool` makes 0 or 1 of it and drops none."
        yield _finding(rule, "bool", message, code=rule.canonical)
    elif metrics(node) and not _filters(node):
        message = f"{rule.name} compares nothing: it fires as long as there is a series, whatever its value is."
        yield _finding(rule, "no-comparison", message, code=rule.canonical)
    if not rule.waits and _absent(node):
        message = f"{rule.name} fires at the first evaluation that finds no series: a restart is enough."
        yield _finding(rule, "absent", message, code=rule.canonical)


def _filters(node: Expression) -> bool:
    """Whether there can be series and yet no result; also where that cannot be told."""
    match node:
        case Binary(operator=operator, bool=False) if operator in COMPARISONS:
            return True
        case Binary(operator="and" | "unless"):
            return True
        case Binary(operator="or"):
            return _filters(node.left) and _filters(node.right)
        case Binary():
            return _filters(node.left) or _filters(node.right)
        case Call(name="absent" | "absent_over_time"):
            return True
        case Call():
            return any(map(_filters, node.arguments))
        case Aggregation() | Subquery() | Negation():
            return _filters(node.expression)
        case Selector():  # a recorded series may be filtered already; a selector without a name says little
            unsure = not node.metric or ":" in node.metric or node.metric in _OF_PROMETHEUS
            return unsure or (bool(node.matchers) and node.metric.endswith(_SAID_BY_LABELS))
    return False


def _absent(node: Expression) -> bool:
    match node:
        case Call(name="absent"):
            return True
        case Binary(operator="or"):
            return _absent(node.left) or _absent(node.right)
        case Binary(operator=operator) if operator in COMPARISONS or operator in ("and", "unless"):
            return _absent(node.left)
    return False


def _impossible(rule: Rule, node: Expression) -> Iterator[Finding]:
    for each in dict.fromkeys(selectors(node)):
        for label, values in labelsets.constraints(each.matchers).items():
            given = [one for one in each.matchers if one.label == label]
            shown = ", ".join(map(matcher, given))
            if values.empty or any((one.operator, one.value) == ("!~", ".*") for one in given):
                message = f"{rule.name} reads what no series can fit: {shown} excludes every value of {label}."
                yield _finding(rule, "impossible", message, write(each), label, code=write(each))
            elif any((one.operator, one.value) == ("=~", "") for one in given):
                message = f"{rule.name} has {shown}: this pattern fits series without {label} alone. "
                message += f'Say so by {label}="", or fill in the pattern.'
                yield _finding(rule, "impossible", message, write(each), label, code=write(each))


def _required(rule: Rule, policy: RuleLintPolicy) -> Iterator[Finding]:
    for what, wanted, there in (
        ("label", policy.required_labels, rule.labels),
        ("annotation", policy.required_annotations, rule.annotations),
    ):
        missing = [each for each in wanted if not there.get(each)]
        if missing:
            words = ", ".join(missing)
            message = f"{rule.name} has no {what} {words}, which the policy wants of every alert."
            yield _finding(rule, "required", message, what, *missing)
