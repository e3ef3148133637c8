"""Library panels and alert rules of one run: each kind read whole, or a reason why not."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dashboard_snapshot.beside import SOURCES, Json, Source
from dashboard_snapshot.canonical import ContentError
from dashboard_snapshot.errors import ForbiddenError, GrafanaError, NotFoundError
from dashboard_snapshot.folders import Folders
from dashboard_snapshot.grafana import Grafana
from dashboard_snapshot.judging import mass
from dashboard_snapshot.model import KINDS, Entry, Kind, Reason

_PASSES = 4
Keep = Callable[[Entry, Json], Entry]


@dataclass(slots=True)
class Gathered:
    """`kinds` are those whose list was read whole. `gone` are keys of what Grafana says is no more."""

    entries: list[Entry] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    kinds: set[Kind] = field(default_factory=set)
    reasons: list[Reason] = field(default_factory=list)


def gathered(
    grafana: Grafana,
    kinds: Iterable[str],
    known: Mapping[str, Entry],
    folders: Folders,
    keep: Keep,
    most_gone: float,
    *,
    accept: bool,
) -> Gathered:
    """`known` are those of the last complete run, by their keys. `keep` stores one. `accept`: what Grafana no longer
    lists counts as deleted, however much it is. Raises what `keep` raises; what Grafana does becomes a reason."""
    made = Gathered()
    for source in (each for each in SOURCES if each.kind in set(kinds)):
        before = {key: each for key, each in known.items() if each.kind == source.kind}
        name = f"{KINDS[source.kind]}s"
        try:
            listed = _settled(grafana, source)
        except NotFoundError as error:
            if before:
                made.reasons.append(Reason(error.kind, f"The {name} could not be read: {error}"))
            continue  # a Grafana that has none of them
        except ForbiddenError as error:
            mend = f"The token needs {source.needs}; or leave them out of `also`"
            made.reasons.append(Reason(error.kind, f"The {name} could not be read: {error}. {mend}"))
            continue
        except GrafanaError as error:
            made.reasons.append(Reason(error.kind, f"The {name} could not be read: {error}"))
            continue
        for given in listed:
            entry = source.entry(given)
            entry = replace(entry, folder=folders.listed.get(entry.folder_uid, entry.folder))
            model = {name: value for name, value in given.items() if name not in source.dropped}
            try:
                made.entries.append(keep(entry, model))
            except ContentError as error:
                words = f"the {KINDS[source.kind]} cannot be kept: {error}"
                made.reasons.append(Reason("unreadable", words, (entry.uid,)))
        made.kinds.add(source.kind)
        vanished = {key: each for key, each in before.items() if each.uid not in {one["uid"] for one in listed}}
        _proved(grafana, source, folders, before, vanished, made, most_gone, accept=accept)
    return made


def _settled(grafana: Grafana, source: Source) -> list[Json]:
    """The list, once two passes in a row name the same. Raises GrafanaError."""
    before: set[str] | None = None
    for _ in range(_PASSES):
        listed = {each["uid"]: each for each in source.listed(grafana)}
        if before == listed.keys():
            return list(listed.values())
        before = set(listed)
    raise GrafanaError("unsettled", f"the list was another in each of {_PASSES} passes")


def _proved(
    grafana: Grafana,
    source: Source,
    folders: Folders,
    before: Mapping[str, Entry],
    vanished: Mapping[str, Entry],
    made: Gathered,
    most_gone: float,
    *,
    accept: bool,
) -> None:
    """Each one that is no longer listed is asked for by itself. "No such thing" proves that it is gone only where the
    token still sees its folder, or that is gone as well: of what lies in a hidden folder Grafana says the same."""
    gone, hidden = set(), []
    for key, entry in vanished.items():
        try:
            source.one(grafana, entry.uid)
        except NotFoundError:
            if folders.state(entry.folder_uid) in ("seen", "gone"):
                gone.add(key)
            else:
                hidden.append(key)
        except GrafanaError:
            hidden.append(key)
        else:
            hidden.append(key)
    if accept:
        made.gone |= vanished.keys()
        return
    if hidden:
        words = f"{KINDS[source.kind]}s are no longer listed, and Grafana does not say that they are gone"
        made.reasons.append(Reason("hidden", words, _uids(hidden)))
    if (much := mass(before, gone, most_gone, f"{KINDS[source.kind]}s")) is not None:
        made.reasons.append(much)
        return
    made.gone |= gone


def _uids(keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(key.partition("/")[2] for key in keys))
