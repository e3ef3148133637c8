"""What is asked of Prometheus: one question for each figure, whatever the number of sandboxes. Pure.

Each answer has one element for each namespace, or for each pod of some namespaces. A peak alone still answers for a
namespace that went silent, so that samples are counted, too. cAdvisor has rows of whole pods and of nodes beside those
of containers: CPU, memory and disk take containers alone. Network rows belong to pods, with `container=""` or `"POD"`.

A Prometheus may hold several clusters, with namespaces of the same names: the policy's `matchers` stand in every
selector, `clusters` counts whose series an answer is made of, and `measured` names the pods behind it.
"""

from collections.abc import Collection, Mapping

from kaizen.policy.sections.sandboxes import SandboxPolicy

STEP, RATE = 60, 300  # seconds: how far apart a subquery looks, and over which time rates are taken
LONGEST_NAMES = 7_600  # characters of namespaces in one selector; a question has two, and 16 KiB at most
MEASURED = "measured"  # the one question about namespaces that is answered by pods
_CONTAINERS = 'container!="",container!="POD"'
_PODS = 'pod!=""'
_SERIES: Mapping[str, tuple[str, str]] = {
    "cpu": ("container_cpu_usage_seconds_total", _CONTAINERS),
    "memory": ("container_memory_working_set_bytes", _CONTAINERS),
    "receive": ("container_network_receive_bytes_total", _PODS),
    "transmit": ("container_network_transmit_bytes_total", _PODS),
    "disk": ("container_fs_writes_bytes_total", _CONTAINERS),
}
# What is measured as one: a restart begins a new series of it, which shows for minutes beside the one before.
_UNITS: Mapping[str, str] = {
    "cpu": "namespace,pod,container,cpu",
    "memory": "namespace,pod,container",
    "receive": "namespace,pod,interface",
    "transmit": "namespace,pod,interface",
    "disk": "namespace,pod,container,device",
}
# Labels by which a restarted container is another one. Series that are equal in them are the same samples twice: of two
# replicas of a Prometheus, or of two jobs.
_LIVES = "id,name"
# By what people tell clusters apart in one Prometheus.
_CLUSTERS = "cluster,cluster_name,cluster_id,k8s_cluster,k8s_cluster_name,kubernetes_cluster,eks_cluster"


def series(policy: SandboxPolicy, signal: str, more: str = "") -> str:
    """The selector of a signal, with what the policy demands of every series."""
    name, filters = _SERIES[signal]
    matchers = [f'{label}="{value}"' for label, value in sorted(policy.matchers.items())]
    return f"{name}{{{','.join(filter(None, (*matchers, more, filters)))}}}"


def queries(policy: SandboxPolicy) -> dict[str, str]:
    """The text of each question by its name, about namespaces. The same policy gives the same texts."""
    window = f"[{policy.window}s:{STEP}s]"
    found = _questions(policy, "namespace")
    found[MEASURED] = _measured(policy)
    canary = series(policy, "cpu", f'namespace="{policy.canary}"')
    found["canary"] = f"min_over_time(sum by (namespace)(rate({canary}[{RATE}s])){window})"
    found["canary_samples"] = f"max by (namespace)({_samples('cpu', canary, policy)})"
    return found


def pod_queries(policy: SandboxPolicy, namespaces: Collection[str] = ()) -> dict[str, str]:
    """The same questions about each pod of some namespaces; of all, where their names do not fit into one question: how
    many questions a run asks does not depend on the fleet. What is measured, and the canary, is known."""
    names = "|".join(sorted(namespaces))
    return _questions(policy, "namespace,pod", f'namespace=~"{names}"' if names and len(names) <= LONGEST_NAMES else "")


def _questions(policy: SandboxPolicy, place: str, more: str = "") -> dict[str, str]:
    """Peaks, samples, clusters and age, one value for each place, which is labels with commas between them."""
    window = f"[{policy.window}s:{STEP}s]"
    found = {}
    for signal in policy.signals:
        text, unit = series(policy, signal, more), _UNITS[signal]
        if signal == "memory":
            level = f"sum by ({place})(max by ({unit})({text}))"
            found["memory_high"] = f"max_over_time({level}{window})"
            found["memory_low"] = f"min_over_time({level}{window})"
        else:
            rate = f"sum by ({place})(max by ({unit})(rate({text}[{RATE}s])))"
            found[signal] = f"max_over_time({rate}{window})"
        found[f"{signal}_samples"] = f"min by ({place})({_samples(signal, text, policy)})"
        if signal == "cpu":
            found["cpu_samples"] += f" and on ({place}) ({_unbroken(place, text, policy)})"
    cpu = series(policy, "cpu", more)
    found["clusters"] = f"count by ({place})(count by ({place},{_CLUSTERS})({cpu}))"
    reach = f"[{2 * policy.window}s:{STEP}s]"
    found["age"] = f"time() - max by ({place})(max_over_time(timestamp({cpu}){reach}))"
    return found


def _samples(signal: str, text: str, policy: SandboxPolicy) -> str:
    """Of each unit: of all its lives together, and of one copy of each, so that a second copy hides no gap."""
    unit = _UNITS[signal]
    return f"sum by ({unit})(max by ({unit},{_LIVES})(count_over_time({text}[{policy.window}s])))"


def _unbroken(place: str, text: str, policy: SandboxPolicy) -> str:
    """The places of which each unit has a rate at every step: what was used in a longer gap is in no rate.

    One scrape brings all signals of a pod, so that one of them is asked. How many steps there are depends on the
    version of Prometheus and on the second.
    """
    window = f"[{policy.window}s:{STEP}s]"
    steps = f"count_over_time(max by ({_UNITS['cpu']})(rate({text}[{RATE}s])){window})"
    return f"min by ({place})({steps}) >= scalar(count_over_time(vector(1){window}))"


def _measured(policy: SandboxPolicy) -> str:
    """The pods for which every signal is measured now."""
    return " and ".join(f"count by (namespace,pod)({series(policy, each)})" for each in policy.signals)
