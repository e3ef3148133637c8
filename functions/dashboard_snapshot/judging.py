"""Whether so many dashboards can really be gone at once. Pure."""

from collections.abc import Iterable

from dashboard_snapshot.model import Entry, Manifest, Reason

FEW = 3  # so many are never too many


def mass(base: Manifest | None, gone: Iterable[str], share: float) -> Reason | None:
    """The reason why these are not taken for deleted; None where they may be. `share` is of all dashboards, 0 to 1.

    A token that was narrowed, another organisation behind the same address, or a restored database look just so.
    """
    known = base.by_uid if base is not None else {}
    lost = [known[uid] for uid in sorted(gone) if uid in known]
    if len(lost) < FEW:
        return None
    uids = tuple(each.uid for each in lost)
    if len(lost) > share * len(known):
        return Reason("mass", f"{len(lost)} of {len(known)} dashboards are gone at once", uids)
    if folder := _emptied(known.values(), set(uids)):
        return Reason("mass", f"all dashboards of the folder {folder} are gone at once", uids)
    return None


def _emptied(known: Iterable[Entry], lost: set[str]) -> str:
    folders: dict[str, list[Entry]] = {}
    for each in known:
        folders.setdefault(each.folder_uid, []).append(each)
    for uid, entries in folders.items():
        if uid and len(entries) >= FEW and all(each.uid in lost for each in entries):
            return entries[0].folder or uid
    return ""
