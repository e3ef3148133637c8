"""What rules and dashboards read of other rules, and which alerts promtool's tests name. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from kaizen.promql import selectors
from rule_lint.checks import BY_NAME
from rule_lint.model import Finding, Kind, Member, Place, Rule, member

_RECORDED = re.compile(r"(?<![\w:.])[a-zA-Z_]\w*(?::\w+)+")
_TESTED = re.compile(r"""["']?\balertname["']?\s*:\s*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s"'#][^#,}\n]*))""")

Name = tuple[Kind, str]


def defined(rules: Sequence[Rule]) -> frozenset[Name]:
    return frozenset((each.kind, each.name) for each in rules)


def undefined(
    rules: Sequence[Rule], before: frozenset[Name], elsewhere: Sequence[str], dashboards: Mapping[str, bytes]
) -> Iterator[Finding]:
    """Recording rules and alerts that are read and not there. `before` are those that the change began with: one of
    them that is gone is `removed`. `elsewhere` are patterns of names that others record."""
    there = defined(rules)
    users: dict[Name, list[Member]] = defaultdict(list)
    for rule in rules:
        for name in _read(rule):
            if name not in there and not any(fnmatchcase(name[1], each) for each in elsewhere):
                users[name].append(member(rule))
    gone = before - there
    for path, content in sorted(dashboards.items()) if gone else ():
        for shown, line in _shown(content).items():
            if ("record", shown) in gone:
                users["record", shown].append(Member(Place(path, line), "dashboard"))
    for name, members in sorted(users.items()):
        yield _finding(name, members, removed=name in before)


def untested(rules: Sequence[Rule], tests: Mapping[str, bytes]) -> Iterator[Finding]:
    """Alerts of which no test says when they fire."""
    named = {
        next(filter(None, found.groups()), "").strip()
        for content in tests.values()
        for found in _TESTED.finditer(content.decode("utf-8", "replace"))
    }
    seen: dict[str, list[Member]] = defaultdict(list)
    for each in rules:
        if each.kind == "alert" and each.name not in named:
            seen[each.name].append(member(each))
    check = BY_NAME["untested"]
    for name, members in sorted(seen.items()):
        message = f"No promtool test names {name}: nobody has seen it fire, nor be silent."
        yield Finding(check.name, check.level, message, check.todo, tuple(members), (name,))


def _read(rule: Rule) -> Iterator[Name]:
    """The recording rules and alerts that an expression reads, each once."""
    found: dict[Name, None] = {}
    for each in selectors(rule.expression) if rule.expression is not None else ():
        if ":" in each.metric.lstrip(":") and not each.metric.startswith(":"):
            found["record", each.metric] = None
        if each.metric == "ALERTS":
            names = [one.value for one in each.matchers if (one.label, one.operator) == ("alertname", "=")]
            found |= {("alert", name): None for name in names if name}
    yield from found


def _shown(content: bytes) -> dict[str, int]:
    """Names such as `job:errors:rate5m` in a dashboard, each with its first line."""
    found: dict[str, int] = {}
    for number, line in enumerate(content.decode("utf-8", "replace").split("\n"), 1):
        for each in _RECORDED.finditer(line):
            found.setdefault(each[0], number)
    return found


def _finding(name: Name, members: Sequence[Member], *, removed: bool) -> Finding:
    check = BY_NAME["removed" if removed else "undefined"]
    kind, what = name
    if removed:
        message = f"{kind} {what} is removed, and still read here: from then on these find nothing."
    elif kind == "record":
        message = f"{what} is named like a recording rule, and none of these files records it."
    else:
        message = f"ALERTS is read for {what}, and none of these files has such an alert."
    return Finding(check.name, check.level, message, check.todo, tuple(members), (kind, what))
