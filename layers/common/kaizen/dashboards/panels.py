"""A panel's two versions as sentences; what means nothing is counted. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from kaizen.dashboards import labels, noise, pointing, sources, thresholds
from kaizen.dashboards.diff import QueryChange
from kaizen.dashboards.drops import Drops
from kaizen.dashboards.leaves import Leaf, leaves
from kaizen.dashboards.matching import targets
from kaizen.dashboards.meaning import words as query_words
from kaizen.dashboards.model import Json, Panel
from kaizen.dashboards.pairing import items
from kaizen.dashboards.pointing import Numbers
from kaizen.dashboards.queries import Query, is_promql, query, query_text
from kaizen.dashboards.sentences import Sentence, changed, listed, many, quoted
from kaizen.dashboards.units import in_unit
from kaizen.dashboards.variables import Stand

RENAMED: Sentence = ("renamed",)
_APART = ("targets", "datasource")
_NAME = re.compile(r"\w+")
# What is compared where a panel becomes one of another kind: the rest is how that kind is drawn.
_LASTING = ("description", "repeat", "links", "transformations", "interval", "timeFrom", "timeShift")
_LASTING_FIELDS = (("unit",), ("decimals",), ("min",), ("max",))
STEPS = ("fieldConfig", "defaults", "thresholds", "steps")


@dataclass
class Difference:
    """Of one panel, named `where`; `words` with a weight, the smallest first. What means nothing goes to `drops`."""

    where: str
    drops: Drops
    weighed: list[tuple[int, Sentence]] = field(default_factory=list)
    queries: list[QueryChange] = field(default_factory=list)
    leaves: int = 0

    @property
    def words(self) -> tuple[Sentence, ...]:
        return tuple(sentence for _, sentence in sorted(self.weighed, key=lambda each: each[0]))

    def say(self, weight: int, sentence: Sentence, leaves: int = 1) -> None:
        self.weighed.append((weight, sentence))
        self.leaves += leaves

    def drop(self, kind: str, what: str, before: object, after: object) -> None:
        self.drops.add(kind, self.where, what, before, after)


@dataclass(frozen=True, slots=True)
class Sides:
    """What both versions say of the kinds of their data sources, and what numbers of panels stand for."""

    before: dict[str, str]
    after: dict[str, str]
    stand: Stand
    numbers: tuple[Numbers, Numbers] = (Numbers(), Numbers())
    _seen: dict[tuple[int, bool], tuple[Json, Query]] = field(default_factory=dict, compare=False, repr=False)

    def query(self, target: Json, panel: Panel, *, newer: bool) -> Query:
        """The same for each who asks; it holds the target, so that no other one gets its place in memory."""
        seen = self._seen.get((id(target), newer))
        if seen is None:
            kinds = self.after if newer else self.before
            found = query(query_text(target), is_promql(target, panel.content, kinds), self.stand)
            seen = self._seen[id(target), newer] = target, found
        return seen[1]


def difference(before: Panel, after: Panel, sides: Sides, drops: Drops) -> Difference:
    found = Difference(after.title or after.kind, drops)
    if before.title != after.title:
        found.say(0, _renamed(before.title, after.title))
    if before.kind != after.kind:
        found.say(1, changed("kind", before.kind, after.kind))
    whole = _sources(before, after, found)
    _queries(before, after, sides, found, whole=whole)
    _settings(before, after, found)
    links = before.content.get("links")
    if links and links == after.content.get("links"):
        led = [pointing.led(*each) for each in zip((before, after), sides.numbers, strict=True)]
        if len(led[0]) == len(led[1]) and led[0] != led[1]:
            found.say(2, ("its links lead to other panels: ", *listed(led[0]), " → ", *listed(led[1])))
    if before.number != after.number:
        found.drop(noise.RENUMBERED, "id", before.number, after.number)
    if before.plugin_version != after.plugin_version:
        found.drop(noise.PLUGIN, "pluginVersion", before.plugin_version, after.plugin_version)
    return found


def _renamed(before: str, after: str) -> Sentence:
    """Of a new spelling the old one says nothing, and a clean-up makes dozens."""
    if " ".join(before.split()).casefold() == " ".join(after.split()).casefold():
        return ("title in other upper and lower case or spaces",)
    return RENAMED  # the titles themselves are told beside it


def _sources(before: Panel, after: Panel, found: Difference) -> bool:
    """Whether the two ask the same: then a query that asks another one has to say so by itself."""
    one, other = sources.of_panel(before), sources.of_panel(after)
    if one != other:
        found.say(2, changed("data source", ", ".join(sorted(one)), ", ".join(sorted(other))))
    elif kinds := sources.kinds_changed(before.content.get("datasource"), after.content.get("datasource")):
        found.say(2, changed("kind of data source", *kinds))
    elif before.content.get("datasource") != after.content.get("datasource"):
        found.drop(noise.MIGRATED, "datasource", before.content.get("datasource"), after.content.get("datasource"))
    return one == other


def _queries(before: Panel, after: Panel, sides: Sides, found: Difference, *, whole: bool) -> None:
    one = [(each, sides.query(each, before, newer=False)) for each in targets(before)]
    other = [(each, sides.query(each, after, newer=True)) for each in targets(after)]
    signs = [[(_name(each), found_.canonical) for each, found_ in side] for side in (one, other)]
    pointed = frozenset() if signs[0] == signs[1] else pointed_at(before) | pointed_at(after)
    pairs = items(
        one,
        other,
        lambda each: (each[0].get("refId"), each[1].canonical) if _simple(each[0]) else None,
        lambda each: each[1].canonical or None if _name(each[0]) not in pointed else None,
        lambda each: each[0].get("refId") if _simple(each[0]) else None,
        *([lambda each: 0] if len(one) == len(other) else []),
    )
    for old, new in pairs:
        if old is None or new is None:
            given = new or old
            assert given is not None
            name, text = _name(given[0]), given[1].text
            sides_of = ("" if old is None else text, "" if new is None else text)
            found.queries.append(
                QueryChange(name, *sides_of, promql=given[1].promql, hidden=hidden(given[0]),
                            source=sources.of_target(given[0], before if new is None else after))
            )  # fmt: skip
            found.leaves += 1
        else:
            rest = (pointing.rest(old[0], before, sides.numbers[0]), pointing.rest(new[0], after, sides.numbers[1]))
            _query(old, new, rest, found, after, pointed)
            asked = sources.of_target(old[0], before), sources.of_target(new[0], after)
            kinds = sources.kinds_changed(old[0].get("datasource"), new[0].get("datasource"))
            if whole and (kinds or asked[0] != asked[1]):
                sentence = changed("kind of data source", *kinds) if kinds else changed("data source", *asked)
                name = _name(new[0])
                found.say(2, ("query ", quoted(name), ": ", *sentence) if name else sentence)
    places = {id(each): index for index, each in enumerate(one)}
    order = [places[id(old)] for old, new in pairs if old is not None and new is not None]
    if order != sorted(order):
        found.say(40, ("queries in another order",))


def _simple(target: Json) -> bool:
    return isinstance(target.get("refId"), str)


def _name(target: Json) -> str:
    return str(target.get("refId") or "")


def hidden(target: Json) -> bool:
    return target.get("hide") is True


def drawn(panel: Panel) -> int:
    """How many of its queries it draws; those without a text that is known count, too."""
    return sum(not hidden(each) and (query_text(each) != "" or "expr" not in each) for each in targets(panel))


def pointed_at(panel: Panel) -> frozenset[str]:
    """Names of queries that expressions, transformations or overrides of the panel may mean."""
    words = {word for text in pointers(panel) for word in _NAME.findall(text)}
    return frozenset(words & {_name(each) for each in targets(panel)})


def pointers(panel: Panel) -> Iterable[str]:
    """Texts of a panel that may name its queries."""
    for each in targets(panel):
        if isinstance(each.get("expression"), str) or sources.of_target(each, panel) == "__expr__":
            yield from _inner({name: value for name, value in each.items() if name != "refId"})
    yield from _inner([panel.content.get("transformations"), dig(panel.content, ("fieldConfig", "overrides"))])


def _inner(value: object) -> Iterable[str]:
    """Every text within."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def _query(
    old: tuple[Json, Query],
    new: tuple[Json, Query],
    rest: tuple[Json, Json],
    found: Difference,
    panel: Panel,
    pointed: frozenset[str],
) -> None:
    (before, one), (after, other) = old, new
    if one.canonical != other.canonical:
        words = query_words(one, other)
        found.queries.append(
            QueryChange(_name(after), one.text, other.text, words, other.promql, hidden=hidden(after),
                        source=sources.of_target(after, panel))
        )  # fmt: skip
        found.leaves += 1
    elif one.text != other.text:
        found.drop(noise.FORMAT, f"query {_name(after)}", one.text, other.text)
    if _name(before) != _name(after) and pointed & {_name(before), _name(after)}:
        found.say(2, ("query ", quoted(_name(before)), " is now named ", quoted(_name(after)), ", and others use it"))
    elif _name(before) != _name(after):
        found.drop(noise.RENUMBERED, "refId", _name(before), _name(after))
    for each in leaves(*rest, panel.kind, found.drops.room, ("targets", "*")):
        if each.noise:
            found.drops.leaf(each, found.where)
        else:
            what = labels.of_target(each.path[2:])
            sentence = changed(what, each.before, each.after)
            found.say(40, ("query ", quoted(_name(after)), ": ", *sentence) if _name(after) else sentence)


def _settings(before: Panel, after: Panel, found: Difference) -> None:
    one, other = _rest(before.content), _rest(after.content)
    same_kind = before.kind == after.kind
    drawn = 0
    for each in grouped(leaves(one, other, after.kind, found.drops.room)):
        leaf = each[0]
        if leaf.noise:
            found.drops.leaf(leaf, found.where)
        elif leaf.path[:4] == STEPS:
            continue
        elif not same_kind and leaf.path[0] not in _LASTING and not _lasting_field(leaf):
            drawn += len(each)
        else:
            sentence = _sentence(each, _units(before, after))
            found.say(3 + labels.weight(sentence[0]), sentence, len(each))
    if drawn:
        words = f"{many(drawn, 'setting')} of how it is drawn differ, as these kinds of panel do"
        found.say(90, (words,), drawn)
    _steps(before, after, found)


def _rest(content: Json) -> Json:
    return {name: value for name, value in content.items() if name not in _APART}


def _lasting_field(leaf: Leaf) -> bool:
    return leaf.path[:2] == ("fieldConfig", "defaults") and leaf.path[2:3] in (
        ("unit",),
        ("decimals",),
        ("min",),
        ("max",),
    )


def grouped(given: Iterable[Leaf]) -> list[list[Leaf]]:
    """Values that came or went together as one."""
    groups: dict[object, list[Leaf]] = {}
    for index, each in enumerate(given):
        whole = not each.noise and each.root < len(each.path)
        groups.setdefault(each.path[: each.root + 1] if whole else index, []).append(each)
    return list(groups.values())


def _sentence(group: list[Leaf], units: tuple[Any, Any]) -> Sentence:
    first = group[0]
    if len(group) == 1:
        values = (first.before, first.after)
        if first.path in (("fieldConfig", "defaults", "min"), ("fieldConfig", "defaults", "max")):
            values = (in_unit(first.before, units[0]), in_unit(first.after, units[1]))
        return changed(labels.label(first.path), *values)
    word = "removed" if not first.after and first.before else "added"
    return (labels.label(first.path[: first.root + 1]), f" {word} ({len(group)} values)")


def _steps(before: Panel, after: Panel, found: Difference) -> None:
    one, other = (dig(each.content, STEPS) for each in (before, after))
    if one == other:
        return
    modes = [dig(each.content, (*STEPS[:-1], "mode")) for each in (before, after)]
    sentences = thresholds.words(one, other, ("", "") if "percentage" in modes else _units(before, after))
    unseen = not one and not coloured(before) and not coloured(after)
    if not sentences or unseen:
        found.drop(noise.DEFAULT, ".".join(STEPS), one, other)
        return
    for each in sentences:
        found.say(3, each)


def _units(before: Panel, after: Panel) -> tuple[Any, Any]:
    """What the values of either side count, in Grafana's names."""
    one, other = (dig(each.content, ("fieldConfig", "defaults", "unit")) for each in (before, after))
    return one, other


def coloured(panel: Panel) -> bool:
    """Whether thresholds show: always but for charts that neither draw nor colour by them."""
    modes = [dig(panel.content, ("fieldConfig", "defaults", "color", "mode")), *_overridden(panel, "color")]
    styles = [dig(panel.content, ("fieldConfig", "defaults", "custom", "thresholdsStyle", "mode")),
              *_overridden(panel, "custom.thresholdsStyle")]  # fmt: skip
    drawn = "thresholds" in modes or any(each not in (None, "off") for each in styles)
    return drawn or panel.kind not in ("timeseries", "graph", "piechart", "barchart", "text", "logs", "histogram")


def _overridden(panel: Panel, name: str) -> Iterator[object]:
    """The modes that overrides give this setting."""
    given = dig(panel.content, ("fieldConfig", "overrides"))
    for override in given if isinstance(given, list) else []:
        properties = dig(override, ("properties",))
        for each in properties if isinstance(properties, list) else []:
            if isinstance(each, dict) and each.get("id") == name:
                yield dig(each.get("value"), ("mode",))


def dig(value: object, path: Sequence[str]) -> object:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
