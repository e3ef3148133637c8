"""When a sandbox is idle, who is told, and how much may be stopped at once. Pure. Section [sandboxes]."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kaizen.policy import values
from kaizen.policy.reader import Table, integer, many, one_of, real, text

Mode = Literal["dry-run", "live"]
SIGNALS = ("cpu", "memory", "receive", "transmit", "disk")
_NEEDED = ("cpu", "memory")  # without these, idle is not proven
_SECONDS = re.compile(r"([0-9]{1,5})s")
_SLACK = text(r"[UWCGD][A-Z0-9]{2,20}", "a Slack id of a person or channel, such as U0123456789")
_GLOB = text(r"[a-z0-9*?-]{1,63}", "a name of a namespace, * and ? allowed")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,63}")
_VALUE = text(r"[A-Za-z0-9_.:/@-]{1,128}", "a value of a label of at most 128 letters, digits and _ . : / @ -")
_MOST_MATCHERS = 8
_OWN_LABELS = (
    "namespace",
    "pod",
    "container",
    "interface",
    "device",
    "cpu",
)  # by which the questions tell things apart
_NAMESPACE = text(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", "a name of a namespace")
# Only the stack on one machine, which shows hours in seconds, may go below these.
FLOORS = {"window": 1800, "grace": 1800, "unknown_owner_grace": 1800, "apart": 240}


@dataclass(frozen=True, slots=True)
class SandboxPolicy:
    """Lengths are in seconds. A dry run, the default, tells what it would stop and writes nothing to the backend.

    A sandbox is in use where any five-minute peak within `window` is above its limit: `cpu` in cores, the others in
    bytes per second; memory where it changed by more than `memory_share` of itself and `memory_bytes`. `apart` lies at
    least between the two idle readings that a stop needs. `lag` is how far the source is behind, `scrape` how often it
    takes samples. `canary` is a namespace that always works: while it shows nothing, nothing is known. `matchers` are
    labels with the values that every series must have, where a Prometheus holds more than one cluster.

    `owners` says which person or channel in Slack stands behind a name in a label. At most `most_stops`, `most_share`
    of the fleet (two at least) and `most_per_owner` are stopped in a run; where more are due, none is. The breaker
    opens when the idle share is `breaker_share` above its median of a day, and above that of this hour in a week.
    """

    mode: Mode = "dry-run"
    channel: str | None = None
    owners: Mapping[str, str] = field(default_factory=dict)
    window: int = 7200
    grace: int = 1800
    unknown_owner_grace: int = 86400
    apart: int = 300
    lag: int = 60
    scrape: int = 30
    signals: tuple[str, ...] = SIGNALS
    canary: str = "kube-system"
    matchers: Mapping[str, str] = field(default_factory=dict)
    cpu: float = 0.03
    receive: float = 2000.0
    transmit: float = 1000.0
    disk: float = 4096.0
    memory_share: float = 0.05
    memory_bytes: int = 64 * 1024 * 1024
    most_stops: int = 5
    most_share: float = 0.25
    most_per_owner: int = 2
    breaker_share: float = 0.3
    protected: tuple[str, ...] = ()


def read(file: Table) -> SandboxPolicy:
    default = SandboxPolicy()
    if not file.has("sandboxes"):
        return default
    table = file.table("sandboxes")
    sandboxes = SandboxPolicy(
        mode="live" if table.get("mode", one_of(("dry-run", "live")), "dry-run") == "live" else "dry-run",
        channel=table.get("channel", values.channel, None),
        owners=_owners(table.table("owners")),
        window=table.get("window", _length, default.window),
        grace=table.get("grace", _length, default.grace),
        unknown_owner_grace=table.get("unknown_owner_grace", _length, default.unknown_owner_grace),
        apart=table.get("apart", _length, default.apart),
        lag=table.get("lag", _length, default.lag),
        scrape=table.get("scrape", _length, default.scrape),
        signals=table.get("signals", many(one_of(SIGNALS)), default.signals),
        canary=table.get("canary", _NAMESPACE, default.canary),
        matchers=_matchers(table.table("matchers")),
        cpu=table.get("cpu", real(0.0, 1000.0), default.cpu),
        receive=table.get("receive", real(0.0, 1e12), default.receive),
        transmit=table.get("transmit", real(0.0, 1e12), default.transmit),
        disk=table.get("disk", real(0.0, 1e12), default.disk),
        memory_share=table.get("memory_share", real(0.0, 1.0), default.memory_share),
        memory_bytes=table.get("memory_bytes", integer(0, 2**50), default.memory_bytes),
        most_stops=table.get("most_stops", integer(0, 1000), default.most_stops),
        most_share=table.get("most_share", real(0.0, 1.0), default.most_share),
        most_per_owner=table.get("most_per_owner", integer(0, 1000), default.most_per_owner),
        breaker_share=table.get("breaker_share", real(0.01, 1.0), default.breaker_share),
        protected=table.get("protected", many(_GLOB), default.protected),
    )
    table.close()
    return sandboxes


def contradictions(sandboxes: SandboxPolicy) -> Iterator[str]:
    """What cannot be together: live without a channel, or a proof of idleness without its first signals."""
    if sandboxes.mode == "live" and sandboxes.channel is None:
        yield "sandboxes: live needs a channel, where sandboxes without a known owner are told of"
    for needed in _NEEDED:
        if needed not in sandboxes.signals:
            yield f"sandboxes.signals: {needed} cannot be left out"
    if sandboxes.unknown_owner_grace < sandboxes.grace:
        yield "sandboxes.unknown_owner_grace: is shorter than grace"
    longest = max(sandboxes.grace, FLOORS["grace"]) / 2
    if sandboxes.lag > longest:
        yield f"sandboxes.lag: is longer than half of grace, {longest:.0f}s: use in the grace would not be seen in time"
    if sandboxes.window < 10 * sandboxes.scrape:
        yield "sandboxes.window: holds fewer than ten samples"


def below_floors(sandboxes: SandboxPolicy) -> list[str]:
    """Lengths that are too short for anything but a show: no owner can answer within them."""
    return [name for name, floor in FLOORS.items() if getattr(sandboxes, name) < floor]


def _owners(table: Table) -> dict[str, str]:
    return {name: table.get(name, _SLACK, "") for name in table.rest()}


def _matchers(table: Table) -> dict[str, str]:
    names = table.rest()
    if len(names) > _MOST_MATCHERS:
        table.fault(f"has more than {_MOST_MATCHERS} labels")
    for name in names:
        if not _LABEL.fullmatch(name) or name in _OWN_LABELS:
            table.fault("is no label that may be demanded of every series", name)
    return {name: table.get(name, _VALUE, "") for name in names}


def _length(value: Any) -> int:
    """Seconds of a text such as `30s`, `30m` or `2h`."""
    found = _SECONDS.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return values.length(value)
    if not int(found[1]):
        raise ValueError(f"{value!r} is no time at all")
    return int(found[1])
