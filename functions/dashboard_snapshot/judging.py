"""Whether so many dashboards can really be gone at once. Pure."""

from collections.abc import Iterable, Mapping

from dashboard_snapshot.model import Entry, Reason

FEW = 3  # so many are never too many


def mass(known: Mapping[str, Entry], gone: Iterable[str], share: float, name: str = "dashboards") -> Reason | None:
    """The reason why these are not taken for deleted; None where they may be. `known` are those of the last complete
    run, under what `gone` names; `share` is of all of them, 0 to 1.

    A token that was narrowed, another organisation behind the same address, or a restored database look just so.
    """
    lost = [known[each] for each in sorted(gone) if each in known]
    if len(lost) < FEW:
        return None
    uids = tuple(each.uid for each in lost)
    if len(lost) > share * len(known):
        return Reason("mass", f"{len(lost)} of {len(known)} {name} are gone at once", uids)
    if folder := _emptied(known.values(), set(uids)):
        return Reason("mass", f"all {name} of the folder {folder} are gone at once", uids)
    return None


def _emptied(known: Iterable[Entry], lost: set[str]) -> str:
    folders: dict[str, list[Entry]] = {}
    for each in known:
        folders.setdefault(each.folder_uid, []).append(each)
    for uid, entries in folders.items():
        if uid and len(entries) >= FEW and all(each.uid in lost for each in entries):
            return entries[0].folder or uid
    return ""
