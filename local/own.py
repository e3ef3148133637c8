"""The secrets that our own doors ask for, made anew for each run."""

import secrets

# One line for each: its name here, and the template parameter that names its SSM parameter.
OWN = {
    "webhook": "GithubSecretParameter",
    "metrics": "MetricsTokenParameter",
    "producer": "ProducerTokenParameter",
    "button": "ButtonSecretParameter",
}


def made() -> dict[str, str]:
    """By their names here."""
    return {name: secrets.token_urlsafe(32) for name in OWN}
