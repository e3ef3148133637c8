"""What rules and dashboards read of other rules, and which alerts promtool's tests name. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from kaizen.promql import selectors
from rule_lint import labelsets
from rule_lint.checks import BY_NAME
from rule_lint.model import Finding, Kind, Member, Place, Rule, member

_RECORDED = re.compile(r"(?<![\w:.])[a-zA-Z_]\w*(?::\w+)+")
_WORD = re.compile(r"(?<![\w:.$])[a-zA-Z_]\w*(?![\w:])")
# What a dashboard asks for. A name without a colon may be any word: it is looked for here alone.
_QUERY = re.compile(r'"(?:expr|expression|query|definition)"\s*:\s*"((?:[^"\\]|\\.)*)"')
_OF_ALERTS = ("ALERTS", "ALERTS_FOR_STATE")
_TESTED = re.compile(r"""["']?\balertname["']?\s*:\s*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s"'#][^#,}\n]*))""")

Name = tuple[Kind, str]
CHECKS = ("removed", "undefined", "untested")  # their members are users, each of which is wrong by itself


def defined(rules: Sequence[Rule]) -> frozenset[Name]:
    return frozenset((each.kind, each.name) for each in rules)


def undefined(
    rules: Sequence[Rule], before: frozenset[Name], elsewhere: Sequence[str], dashboards: Mapping[str, bytes]
) -> Iterator[Finding]:
    """Recording rules and alerts that are read and not there. `before` are those that the change began with: one of
    them that is gone is `removed`. `elsewhere` are patterns of names that others record."""
    there = defined(rules)
    gone = before - there
    users: dict[Name, list[Member]] = defaultdict(list)
    for rule in rules:
        for name in _read(rule):
            known = name in gone or _looks_defined(name)
            if known and name not in there and not any(fnmatchcase(name[1], each) for each in elsewhere):
                users[name].append(member(rule))
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
    """The metrics and alerts that an expression reads, each once."""
    found: dict[Name, None] = {}
    for each in selectors(rule.expression) if rule.expression is not None else ():
        if each.metric in _OF_ALERTS:
            named = labelsets.constraints(each.matchers).get("alertname", labelsets.ANY)
            found |= {("alert", name): None for name in sorted(named.included or ()) if name and named.exact}
        elif each.metric:
            found["record", each.metric] = None
    yield from found


def _looks_defined(name: Name) -> bool:
    """Whether a rule must be what gives it: an alert, or a metric that is named like a recording rule."""
    kind, what = name
    return kind == "alert" or (":" in what.lstrip(":") and not what.startswith(":"))


def _shown(content: bytes) -> dict[str, int]:
    """Names such as `job:errors:rate5m` in a dashboard, and all words of its queries, each with its first line."""
    found: dict[str, int] = {}
    for number, line in enumerate(content.decode("utf-8", "replace").split("\n"), 1):
        for each in _RECORDED.finditer(line):
            found.setdefault(each[0], number)
        for query in _QUERY.finditer(line):
            for each in _WORD.finditer(query[1]):
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
