"""What differs between git and Grafana, as a part of the page of two runs: each edit with the patch to git. Pure."""

from collections.abc import Callable

from dashboard_snapshot import commands
from dashboard_snapshot.drift import LOUD, Item, Kind, counted
from dashboard_snapshot.driftstate import Drift
from dashboard_snapshot.model import Manifest
from dashboard_snapshot.page import weight
from dashboard_snapshot.patching import PatchError, patch_of
from kaizen.dashboards.markup import escape
from kaizen.dashboards.sentences import many

MOST, ROOM = 40, 1_000_000  # dashboards that are shown, bytes of all patches
WORDS: dict[Kind, tuple[str, str]] = {
    "conflict": ("bad", "edited in the UI and changed in git"),
    "edited": ("warn", "edited in the UI"),
    "missing": ("bad", "deployed, and not in Grafana"),
    "not_deployed": ("", "changed in git, not deployed"),
}


def drift_card(
    manifest: Manifest, content: Callable[[str], bytes], bucket: str, in_time: Callable[[], bool] = lambda: True
) -> str:
    """Empty where the run did not compare them. `content` reads an object, and raises what the store raises; `bucket`
    holds them. A patch that there is no time for is a command."""
    drift = manifest.drift
    if drift is None or not drift.judged_at:
        return ""
    loud = [each for kind in LOUD for each in drift.items if each.kind == kind]
    state = f'<span class="state warn">{many(len(loud), "dashboard")}</span>' if loud else (
        '<span class="state good">agree</span>'
    )  # fmt: skip
    room = ROOM
    shown = []
    for item in loud[:MOST]:
        text, size = _item(item, manifest, content, bucket, room if in_time() else 0)
        room -= size
        shown.append(text)
    more = f"<p>and {len(loud) - MOST} more</p>" if len(loud) > MOST else ""
    listed = f'<ul class="changes">{"".join(shown)}</ul>' if shown else ""
    return (
        f'<section class="card"><header><h2>Git and Grafana</h2>{state}</header>'
        f'<p class="small soft words">{escape(_facts(drift))}</p>{listed}{more}</section>'
    )


def _item(item: Item, manifest: Manifest, content: Callable[[str], bytes], bucket: str, room: int) -> tuple[str, int]:
    """The entry, and how many bytes of patches it takes. Without room nothing is compared."""
    colour, words = WORDS[item.kind]
    by = f" by {item.author}" if item.author else ""
    file = f" · {item.path}" if item.path else ""
    about = f"{words}{by}, since {item.since[:16].replace('T', ' ')} UTC{file}"
    way, size = "", 0
    if item.kind in ("edited", "conflict") and room <= 0:
        way = _by_command("Its patch", bucket, manifest, item)
    elif item.kind in ("edited", "conflict"):
        try:
            patch, caution = patch_of(manifest, item.uid, content)
        except PatchError as error:
            way = f'<p class="small soft">No patch: {escape(str(error))}.</p>'
        else:
            shown = f'<pre class="diff">{escape(patch)}</pre>'
            if weight(shown) <= room:
                warned = f'<p class="small">⚠️ {escape(caution[:1].upper() + caution[1:])}.</p>' if caution else ""
                way = f"<details><summary>The edit as a patch</summary>{warned}{shown}</details>"
                size = weight(shown)
            else:
                way = _by_command("The patch is long", bucket, manifest, item)
    kind = {"bad": "removed", "warn": "changed"}.get(colour, "")
    line = f'<p class="words"><b>{escape(item.title[:200] or item.uid)}</b> {escape(about)}</p>'
    return f'<li class="{kind}">{line}{way}</li>', size


def _by_command(what: str, bucket: str, manifest: Manifest, item: Item) -> str:
    return f'<p class="small">{what}: <code>{escape(commands.patch(bucket, manifest.run, item.uid))}</code></p>'


def _facts(drift: Drift) -> str:
    deployed = f"deployed {drift.base[:12]}, by {drift.deployed_by}" if drift.base else (
        "no deployment is known: what git has and nobody deployed yet looks like an edit"
    )  # fmt: skip
    facts = [f"{drift.repository}/{drift.folder}".rstrip("/"), f"git {drift.head[:12]}", deployed]
    unmanaged = counted(drift.items)["unmanaged"]
    facts += [f"{unmanaged} not in git at all"] if unmanaged else []
    facts += [f"{many(len(drift.problems), 'file')} not compared"] if drift.problems else []
    return " · ".join(facts)
