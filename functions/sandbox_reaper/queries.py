"""What is asked of Prometheus: one question for each figure, whatever the number of sandboxes. Pure.

Each answer has one element for each namespace, or for each pod of some namespaces. A peak alone still answers for a
namespace that went silent, so that samples are counted, too. cAdvisor has rows of whole pods and of nodes beside those
of containers: CPU, memory and disk take containers alone. Network rows belong to pods, with `container=""` or `"POD"`.
"""

from collections.abc import Collection, Mapping

from kaizen.policy.sections.sandboxes import SandboxPolicy

STEP, RATE = 60, 300  # seconds: how far apart a subquery looks, and over which time rates are taken
_CONTAINERS = '{container!="",container!="POD"}'
_PODS = '{pod!=""}'
SERIES: Mapping[str, str] = {
    "cpu": f"container_cpu_usage_seconds_total{_CONTAINERS}",
    "memory": f"container_memory_working_set_bytes{_CONTAINERS}",
    "receive": f"container_network_receive_bytes_total{_PODS}",
    "transmit": f"container_network_transmit_bytes_total{_PODS}",
    "disk": f"container_fs_writes_bytes_total{_CONTAINERS}",
}
# What is measured as one: a restart begins a new series of it, which shows for minutes beside the one before.
_UNITS: Mapping[str, str] = {
    "cpu": "namespace,pod,container,cpu",
    "memory": "namespace,pod,container",
    "receive": "namespace,pod,interface",
    "transmit": "namespace,pod,interface",
    "disk": "namespace,pod,container,device",
}


def queries(policy: SandboxPolicy) -> dict[str, str]:
    """The text of each question by its name, about namespaces. The same policy gives the same texts."""
    cpu, window = SERIES["cpu"], f"[{policy.window}s:{STEP}s]"
    found = _questions(policy, SERIES, "namespace")
    found["pods"] = f"count by (namespace)(count by (namespace,pod)({cpu}))"
    canary = cpu.replace("{", f'{{namespace="{policy.canary}",')
    found["canary"] = f"min_over_time(sum by (namespace)(rate({canary}[{RATE}s])){window})"
    found["canary_samples"] = (
        f"max by (namespace)(sum by ({_UNITS['cpu']})(count_over_time({canary}[{policy.window}s])))"
    )
    return found


def pod_queries(policy: SandboxPolicy, namespaces: Collection[str]) -> dict[str, str]:
    """The same questions about each pod of some namespaces; the canary is not asked for again."""
    within = "{" + f'namespace=~"{"|".join(sorted(namespaces))}",'
    series = {signal: text.replace("{", within) for signal, text in SERIES.items()}
    found = _questions(policy, series, "namespace,pod")
    found["pods"] = f"count by (namespace,pod)(count by (namespace,pod)({series['cpu']}))"
    return found


def _questions(policy: SandboxPolicy, every: Mapping[str, str], place: str) -> dict[str, str]:
    """Peaks, samples and age, one value for each place, which is labels with commas between them."""
    window = f"[{policy.window}s:{STEP}s]"
    found = {}
    for signal in policy.signals:
        series, unit = every[signal], _UNITS[signal]
        if signal == "memory":
            level = f"sum by ({place})(max by ({unit})({series}))"
            found["memory_high"] = f"max_over_time({level}{window})"
            found["memory_low"] = f"min_over_time({level}{window})"
        else:
            rate = f"sum by ({place})(max by ({unit})(rate({series}[{RATE}s])))"
            found[signal] = f"max_over_time({rate}{window})"
        found[f"{signal}_samples"] = f"min by ({place})(sum by ({unit})(count_over_time({series}[{policy.window}s])))"
    reach = f"[{2 * policy.window}s:{STEP}s]"
    found["age"] = f"time() - max by ({place})(max_over_time(timestamp({every['cpu']}){reach}))"
    return found
