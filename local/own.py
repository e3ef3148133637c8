"""The secrets that our own doors ask for, made anew for each run, and where the doors are."""

import secrets
from collections.abc import Mapping

# One line for each: its name here, and the template parameter that names its SSM parameter.
OWN = {
    "webhook": "GithubSecretParameter",
    "metrics": "MetricsTokenParameter",
    "producer": "ProducerTokenParameter",
    "button": "ButtonSecretParameter",
    "reports": "ReportsTokenParameter",
    "busy": "BusySecretParameter",
    "alerts": "AlertsTokenParameter",
}


def made() -> dict[str, str]:
    """By their names here."""
    return {name: secrets.token_urlsafe(32) for name in OWN}


def api_url(parameters: Mapping[str, str]) -> str:
    """The name of the parameter in which functions look up the address of the doors: the template's ApiUrlParameter."""
    return f"/kaizen/{parameters['Stage']}/api-url"
