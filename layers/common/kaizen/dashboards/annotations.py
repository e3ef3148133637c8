"""Annotations, and which of them is Grafana's own: it writes one into every dashboard that it saves. Pure."""

from kaizen.dashboards import noise
from kaizen.dashboards.model import Dashboard, Json
from kaizen.dashboards.pairing import Pair, items, word
from kaizen.dashboards.sentences import MISSING
from kaizen.dashboards.sources import source

# Grafana's own as it stands where a file has none.
_OWN: Json = {"builtIn": 1, "name": "Annotations & Alerts", "type": "dashboard", "enable": True, "hide": True,
              "datasource": {"type": "grafana", "uid": "-- Grafana --"}}  # fmt: skip


def annotation_form(given: Json) -> Json:
    """Its content with the data source in one form."""
    found = {name: value for name, value in given.items() if name != "datasource"}
    return found | {"data source": source(given.get("datasource"))}


def annotation_kind(given: Json) -> str:
    """By which defaults it is judged."""
    return noise.BUILT_IN if given.get("builtIn") else "annotation"


def as_written(given: Json) -> bool:
    """Whether it is Grafana's own, as Grafana writes it."""
    return bool(given.get("builtIn")) and noise.pruned(annotation_form(given), noise.BUILT_IN) is MISSING


def noted(dashboard: Dashboard) -> list[Json]:
    """Those that somebody made or changed."""
    return [each for each in dashboard.annotations if not as_written(each)]


def annotation_pairs(before: Dashboard, after: Dashboard) -> list[Pair[Json]]:
    return items(
        noted(before),
        noted(after),
        lambda each: word(each["name"]) if each.get("name") else None,
        lambda each: True if each.get("builtIn") else None,
        word,
        lambda each: word(each.get("name")),
    )


def told_pairs(before: Dashboard, after: Dashboard) -> list[Pair[Json]]:
    """The pairs, where Grafana's own stands on the other side of one that somebody changed on one side alone."""
    found = []
    for one, other in annotation_pairs(before, after):
        old = _own(before, other) if one is None and other is not None else one
        new = _own(after, one) if other is None and one is not None else other
        found.append((old, new))
    return found


def _own(dashboard: Dashboard, changed: Json) -> Json | None:
    if not changed.get("builtIn"):
        return None
    written = [each for each in dashboard.annotations if as_written(each)]
    return written[0] if written else {name: value for name, value in _OWN.items() if name in changed}
