"""One pass over Grafana: every dashboard read once, what could not be read named, and what is gone proved to be gone.

The list holds only what the token may see, and its pages move while people save. So it is read until two passes in a
row agree, and a dashboard that it no longer names is asked for by itself before anybody calls it deleted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from dashboard_snapshot.canonical import ContentError
from dashboard_snapshot.errors import ForbiddenError, GrafanaError, NotFoundError
from dashboard_snapshot.grafana import AT_ONCE, Folder, Full, Grafana
from dashboard_snapshot.model import Entry, Reason
from kaizen.runtime.secrets import SecretMissingError

_PASSES = 4
_NO_SUCH = "kaizen-asks-for-what-is-not"  # a uid that no dashboard has
Keep = Callable[[str, Full, str], Entry]


@dataclass(slots=True)
class Harvest:
    """`found` are the uids that Grafana told of, or that were known and not proved to be gone."""

    entries: list[Entry] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    found: set[str] = field(default_factory=set)
    folders: Mapping[str, str] = field(default_factory=dict)
    reasons: list[Reason] = field(default_factory=list)
    carried: set[str] = field(default_factory=set)  # uids that were taken over from the checkpoint
    listed: bool = False  # whether the list could be read


def harvest(
    grafana: Grafana,
    known: Iterable[str],
    keep: Keep,
    *,
    accept: bool,
    in_time: Callable[[], bool],
    checkpoint: Mapping[str, Entry],
) -> Harvest:
    """`known` are the uids of the last complete run. `keep` stores one dashboard, given its uid and the path of its
    folder; several threads call it. `accept`: what Grafana neither lists nor shows counts as deleted.

    `checkpoint` is what the run before had read when its time was over, the longest known first. It is read last, and
    taken as it was where there is no time for it either, or no list.

    Raises what `keep` raises; whatever Grafana does becomes a reason.
    """
    made = Harvest()
    try:
        made.folders = paths(grafana.folders())
        listed = _listed(grafana, made)
    except (GrafanaError, SecretMissingError) as error:
        made.reasons.append(_reason(error, "The list could not be read"))
        made.entries = list(checkpoint.values())
        made.carried = set(checkpoint)
        made.found |= set(known) | made.carried
        return made
    made.listed = True
    vanished = set(known) - listed
    order = [*sorted(listed - checkpoint.keys()), *(uid for uid in checkpoint if uid in listed)]
    _read(grafana, order, made, keep, in_time, checkpoint)
    _read(grafana, sorted(vanished), made, keep, in_time, {}, vanished=True, accept=accept)
    _look_again(grafana, made)
    made.found = (listed | vanished) - made.gone
    if not listed:
        made.reasons.append(Reason("empty", "Grafana lists no dashboard at all for this token"))
    return made


def paths(folders: Sequence[Folder]) -> dict[str, str]:
    """uid -> titles from the root on."""
    known = {each.uid: each for each in folders}

    def path(folder: Folder) -> str:
        above = known.get(folder.parent)
        return f"{path(above)} / {folder.title}" if above else folder.title

    return {each.uid: path(each) for each in folders}


def _listed(grafana: Grafana, made: Harvest) -> set[str]:
    """All uids of all passes, once two in a row agree."""
    seen: set[str] = set()
    before: set[str] | None = None
    for _ in range(_PASSES):
        now = set(grafana.listed())
        seen |= now
        if now == before:
            return seen
        before = now
    made.reasons.append(Reason("unsettled", f"the list of dashboards was another in each of {_PASSES} passes"))
    return seen


def _read(
    grafana: Grafana,
    uids: Sequence[str],
    made: Harvest,
    keep: Keep,
    in_time: Callable[[], bool],
    checkpoint: Mapping[str, Entry],
    *,
    vanished: bool = False,
    accept: bool = False,
) -> None:
    """Each dashboard; `vanished` ones are no longer in the list, and Grafana is asked what became of them."""
    faults: dict[tuple[str, str], list[str]] = {}
    hidden: list[str] = []

    def one(uid: str) -> Entry | GrafanaError | None:
        if not in_time():
            return checkpoint.get(uid)
        try:
            full = grafana.dashboard(uid)
        except GrafanaError as error:
            return error
        try:
            return keep(uid, full, made.folders.get(str(full.meta.get("folderUid", "")), _folder(full)))
        except ContentError as error:
            return GrafanaError("unreadable", f"the dashboard cannot be kept: {error}")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for uid, result in zip(uids, pool.map(one, uids), strict=True):
            match result:
                case Entry():
                    made.entries.append(result)
                    made.carried |= {uid} if result is checkpoint.get(uid) else set()
                case NotFoundError() if vanished:
                    made.gone.add(uid)
                case ForbiddenError() if vanished:
                    hidden.append(uid)
                case GrafanaError():
                    faults.setdefault((result.kind, str(result)), []).append(uid)
                case None:
                    faults.setdefault(("time", "there was no time left to read"), []).append(uid)
    if accept:
        made.gone |= set(hidden)
    elif hidden:
        made.reasons.append(Reason("hidden", _hidden(grafana), tuple(hidden)))
    made.reasons += [Reason(kind, words, tuple(uids)) for (kind, words), uids in faults.items()]


def _folder(full: Full) -> str:
    """Of a folder that is not listed: its title, where the token may see the dashboard but not the folder."""
    return str(full.meta.get("folderTitle", "")) if full.meta.get("folderUid") else ""


def _hidden(grafana: Grafana) -> str:
    """What a 403 means for a dashboard that was there, by what Grafana says of one that cannot be there."""
    try:
        grafana.dashboard(_NO_SUCH)
    except NotFoundError:
        return "no longer listed, and the token may not see it: a permission was taken away"
    except GrafanaError:
        pass
    return "no longer listed, and Grafana does not tell this token whether it was deleted or hidden"


def _look_again(grafana: Grafana, made: Harvest) -> None:
    """A dashboard that answered 404 was deleted meanwhile if the list, in two passes that agree, has dropped it, and
    Grafana says so once more; else something is wrong."""
    lost = {uid for each in made.reasons if each.kind == "not_found" for uid in each.uids}
    if not lost:
        return
    again = Harvest()
    try:
        listed = _listed(grafana, again)
        if listed and not again.reasons:
            made.gone |= {uid for uid in lost - listed if grafana.is_gone(uid)}
    except GrafanaError as error:
        made.reasons.append(_reason(error, "The list could not be read again"))
        return
    kept = [(each, tuple(uid for uid in each.uids if uid not in made.gone)) for each in made.reasons]
    made.reasons[:] = [Reason(each.kind, each.words, uids) for each, uids in kept if uids or each.kind != "not_found"]


def _reason(error: GrafanaError | SecretMissingError, what: str) -> Reason:
    kind = error.kind if isinstance(error, GrafanaError) else "no_token"
    return Reason(kind, f"{what}: {error}")
