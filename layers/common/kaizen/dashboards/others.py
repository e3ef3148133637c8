"""Variables, annotations, links, and what the dashboard says of itself. Pure."""

from collections.abc import Iterator
from typing import Any

from kaizen.dashboards import labels, noise
from kaizen.dashboards.annotations import annotation_form, annotation_kind, as_written, told_pairs
from kaizen.dashboards.diff import Change, Subject
from kaizen.dashboards.drops import Drops
from kaizen.dashboards.leaves import leaves, same
from kaizen.dashboards.model import Dashboard, Json
from kaizen.dashboards.pairing import Pair, items, word
from kaizen.dashboards.panels import grouped
from kaizen.dashboards.sentences import MISSING, Sentence, changed, many, quoted
from kaizen.dashboards.sources import source

# What somebody chooses for those who open the dashboard, with what Grafana does where nothing is chosen.
_CHOSEN: dict[str, Any] = {
    "time": {"from": "now-6h", "to": "now"}, "refresh": "", "weekStart": "", "liveNow": False, "preload": False,
    "fiscalYearStartMonth": 0, "style": "dark",
}  # fmt: skip
_COPIES = ("query", "refId", "qryType")  # of a variable's query as an object: its text, and what the text says, too
_LISTED = ("custom", "interval")  # variables whose options are written by hand


def variable_pairs(before: Dashboard, after: Dashboard) -> list[Pair[Json]]:
    return items(before.variables, after.variables, lambda each: word(each.get("name")), _asked)


def link_pairs(before: Dashboard, after: Dashboard) -> list[Pair[Json]]:
    return items(
        before.links,
        after.links,
        lambda each: (str(each.get("title")), str(each.get("url"))),
        lambda each: each.get("title") if isinstance(each.get("title"), str) else None,
    )


def variables(before: Dashboard, after: Dashboard, dropped: Drops) -> Iterator[Change]:
    yield from _changes("variable", variable_pairs(before, after), dropped, "name", variable_form)


def annotations(before: Dashboard, after: Dashboard, dropped: Drops) -> Iterator[Change]:
    pairs = told_pairs(before, after)
    own = [[one for one in each.annotations if as_written(one)] for each in (before, after)]
    if own[0] != own[1] and not any(given and given.get("builtIn") for pair in pairs for given in pair):
        dropped.add(noise.DEFAULT, "annotations", "the built-in one", *(each[0] if each else None for each in own))
    yield from _changes("annotation", pairs, dropped, "name", annotation_form)


def links(before: Dashboard, after: Dashboard, dropped: Drops) -> Iterator[Change]:
    yield from _changes("link", link_pairs(before, after), dropped, "title", dict)


def settings(before: Dashboard, after: Dashboard, dropped: Drops) -> Iterator[Change]:
    """The dashboard's own words; its title first."""
    words: list[Sentence] = []
    if before.title != after.title:
        words.append(changed("title", before.title, after.title))
    if after.uid and not before.uid:
        words.append(("uid ", quoted(after.uid), " added: Grafana knows the dashboard by it from now on"))
    more, count = _words(before.settings, after.settings, "dashboard", dropped)
    words += more
    names = [[str(each.get("name")) for each in side.variables] for side in (before, after)]
    common = set(names[0]) & set(names[1])
    one, other = ([each for each in side if each in common] for side in names)
    if one != other:
        words.append(("variables in another order",))
        count += 1
    kept = [id(one) for one, other in link_pairs(before, after) if one is not None and other is not None]
    if kept != [id(each) for each in before.links if id(each) in kept]:
        words.append(("links in another order",))
        count += 1
    if words:
        yield Change("changed", "dashboard", after.title, tuple(words), leaves=max(count, len(words)))


def notes(before: Dashboard, after: Dashboard, dropped: Drops) -> Iterator[Sentence]:
    """How it was made and how it is first looked at: a line each, and no change."""
    for name in before.notes | after.notes:
        one, other = before.notes.get(name), after.notes.get(name)
        if same(one, other):
            continue
        if str(one) == str(other):
            dropped.add(noise.FORMAT, "", name, one, other)
            continue
        yield _note(name, one, other)
    if before.old_rows != after.old_rows:
        yield ("rows are written in the newer form",) if before.old_rows else ("rows are written in the older form",)
    for name in after.twice:
        yield ("the file has the key ", quoted(name), " twice: the last one counts")


def views(before: Dashboard, after: Dashboard) -> Iterator[Sentence]:
    """What somebody chose for those who open it. Grafana writes it only where that person asked for it, so that it is
    no noise of a save; to a reviewer it is a note. What Grafana takes for granted is as good as none.
    """
    for name, granted in _CHOSEN.items():
        one, other = (side.notes.get(name) or granted for side in (before, after))
        if not same(one, other):
            yield _note(name, one, other)
    for old, new in variable_pairs(before, after):
        if old is not None and new is not None:
            one, other = _begins(old), _begins(new)
            if one is not None and other is not None and one != other:
                yield changed(f"value of {new.get('name')}", one, other)


def _begins(variable: Json) -> Any:
    """The value that a variable has when the dashboard is opened; None where it names none."""
    current = variable.get("current")
    return (current.get("value") or None) if isinstance(current, dict) else None


def _note(name: str, one: Any, other: Any) -> Sentence:
    if name == "time" and all(isinstance(each, dict) and set(each) >= {"from", "to"} for each in (one, other)):
        return changed("time range", _range(one), _range(other))
    if name == "rows":
        return ("rows beside the panels differ, which Grafana does not read",)
    if isinstance(one, (dict, list)) or isinstance(other, (dict, list)):
        return (quoted(name), " differs")
    return changed(name, one, other)


def _range(given: Any) -> str:
    return f"{given['from']} to {given['to']}"


def _asked(variable: Json) -> str | None:
    text = _query(variable)
    return f"{variable.get('type')} {text}" if text else None


def _query(variable: Json) -> str:
    given = variable.get("query")
    text = given.get("query") if isinstance(given, dict) else given
    return text if isinstance(text, str) else ""


def variable_form(given: Json) -> Json:
    """Its content in one form: a query is a text or an object, and `definition` says it again."""
    apart = ("current", "definition", "options", "query", "datasource")
    found = {name: value for name, value in given.items() if name not in apart}
    query = given.get("query")
    found["query"] = _query(given) or query
    if isinstance(query, dict) and _query(given):
        found |= {f"query's {name}": each for name, each in query.items() if name not in _COPIES}
    found["data source"] = source(given.get("datasource"))
    if given.get("type") in _LISTED and not found["query"]:
        listed = given.get("options") if isinstance(given.get("options"), list) else []
        found["choices"] = [each.get("value") for each in listed or [] if isinstance(each, dict)]
    return found


def _changes(
    subject: Subject, pairs: list[tuple[Json | None, Json | None]], dropped: Drops, name: str, form: Any
) -> Iterator[Change]:
    for before, after in pairs:
        given = after or before or {}
        title = str(given.get(name) or "")
        if before is None or after is None:
            text = _query(given) or str(given.get("expr") or given.get("url") or "")
            words: tuple[Sentence, ...] = ((quoted(text),),) if text else ()
            yield Change("added" if before is None else "removed", subject, title, words, leaves=1)
            continue
        kind = annotation_kind(given) if subject == "annotation" else subject
        found, count = _words(form(before), form(after), kind, dropped, f"{subject} {title}")
        if not found and before != after and form(before) == form(after):
            for part in before | after:
                if not same(before.get(part), after.get(part)):
                    dropped.add(noise.VIEW, f"{subject} {title}", part, before.get(part), after.get(part))
        if found:
            yield Change("changed", subject, title, tuple(found), leaves=count)


def _words(before: Json, after: Json, kind: str, dropped: Drops, where: str = "") -> tuple[list[Sentence], int]:
    """Sentences for what differs, and how many values they stand for."""
    found: list[Sentence] = []
    count = 0
    for group in grouped(leaves(before, after, kind, dropped.room)):
        leaf = group[0]
        if leaf.noise:
            dropped.leaf(leaf, where)
            continue
        count += len(group)
        if len(group) == 1:
            found.append(changed(labels.label(leaf.path), leaf.before, leaf.after))
        else:
            word = "added" if leaf.before is MISSING else "removed"
            found.append((labels.label(leaf.path[: leaf.root + 1]), f" {word} ({many(len(group), 'value')})"))
    return found, count
