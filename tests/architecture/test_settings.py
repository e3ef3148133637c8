"""What a function reads from its environment is what the template gives it, no more and no less."""

import importlib
import re
from typing import get_type_hints

import pytest

from kaizen.runtime.settings import Settings
from tests.architecture.house import features, function_of, lambda_functions, template

SECRET_WORDS = ("secret", "token", "password", "key")


def settings_of(feature: str) -> type[Settings]:
    handler = importlib.import_module(f"{feature}.handler")
    kinds = {value for value in vars(handler).values() if isinstance(value, type) and issubclass(value, Settings)}
    (found,) = {kind for kind in kinds if not any(other is not kind and issubclass(other, kind) for other in kinds)}
    return found


@pytest.mark.parametrize("feature", features())
def test_settings_equal_the_environment(feature: str) -> None:
    given = function_of(feature).get("Environment", {}).get("Variables", {})
    assert {name.upper() for name in get_type_hints(settings_of(feature))} == set(given)


def test_every_function_of_the_template_is_a_feature() -> None:
    handlers = sorted(each["Handler"] for each in lambda_functions().values())
    assert handlers == sorted(f"{feature}.handler.lambda_handler" for feature in features())


@pytest.mark.parametrize("parameter", ["SlackApiUrl", "PhaseHelpUrl"])
@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://slack.com/api/", True),
        ("https://slack-gov.com/api/", True),
        ("http://slack.com/api/", False),
        ("https://127.0.0.1/api/", False),
        ("https://169.254.169.254/api/", False),
        ("https://2130706433/api/", False),
        ("https://0x7f000001/api/", False),
        ("https://10.0.0.1:8080/api/", False),
        ("https://[::1]/api/", False),
        ("https://localhost/api/", False),
        ("https://slack.localhost/api/", False),
        ("https://instance-data.ec2.internal/api/", False),
        ("https://slack.com@127.0.0.1/api/", False),
        ("https://slack.com:9001/api/", False),
        ("file:///api/", False),
    ],
)
def test_addresses_that_functions_call_or_show_are_public_names(parameter: str, address: str, good: bool) -> None:
    """Before, any text was taken: the bot token would have gone to a plain or a near address."""
    given = template()["Parameters"][parameter]
    assert bool(re.fullmatch(given["AllowedPattern"], address)) is good
    assert re.fullmatch(given["AllowedPattern"], given["Default"])


def test_secrets_are_references() -> None:
    """A variable or parameter that smells of a secret names an SSM parameter, by a `..._PARAMETER` name and a path."""
    for function in lambda_functions().values():
        for name in function.get("Environment", {}).get("Variables", {}):
            if any(word in name.lower() for word in SECRET_WORDS):
                assert name.endswith("_PARAMETER"), name
    for name, parameter in template()["Parameters"].items():
        if any(word in name.lower() for word in SECRET_WORDS):
            assert "Parameter" in name, name
            assert parameter["Default"].startswith("/"), name


@pytest.mark.parametrize("name", ["GithubApiUrl", "PagerUrl", "GrafanaUrl"])
def test_tokens_and_keys_do_not_travel_in_the_clear(name: str) -> None:
    parameter = template()["Parameters"][name]
    assert re.fullmatch(parameter["AllowedPattern"], parameter["Default"])
    assert re.fullmatch(parameter["AllowedPattern"], "https://github.example.org/api/v3")
    for wrong in ("http://github.example.org", "https://", "https://user@example.org/", "ftp://example.org"):
        assert not re.fullmatch(parameter["AllowedPattern"], wrong)
