"""The outside world on this machine: a validating double of each foreign service, its page and its controls."""

from collections.abc import Callable, Mapping

from local.outside.github.service import GithubService
from local.outside.grafana.service import GrafanaService
from local.outside.kubernetes.service import KubernetesService
from local.outside.pager.service import PagerService
from local.outside.prometheus.service import PrometheusService
from local.outside.service import Service
from local.outside.slack.service import Slack

# One line for each service. Its name is that of its controls: `/control/<name>`.
SERVICES: Mapping[str, Callable[[], Service]] = {
    "slack": Slack,
    "github": GithubService,
    "pager": PagerService,
    "prometheus": PrometheusService,
    "grafana": GrafanaService,
    "kubernetes": KubernetesService,
}
