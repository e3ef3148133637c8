"""What a function reads from its environment is what the template gives it, no more and no less."""

import importlib
from typing import get_type_hints

import pytest

from kaizen.runtime.settings import Settings
from tests.architecture.house import features, function_of, lambda_functions, template

SECRET_WORDS = ("secret", "token", "password", "key")


def settings_of(feature: str) -> type[Settings]:
    handler = importlib.import_module(f"{feature}.handler")
    (found,) = {
        value
        for value in vars(handler).values()
        if isinstance(value, type) and issubclass(value, Settings) and value is not Settings
    }
    return found


@pytest.mark.parametrize("feature", features())
def test_settings_equal_the_environment(feature: str) -> None:
    given = function_of(feature).get("Environment", {}).get("Variables", {})
    assert {name.upper() for name in get_type_hints(settings_of(feature))} == set(given)


def test_every_function_of_the_template_is_a_feature() -> None:
    handlers = sorted(each["Handler"] for each in lambda_functions().values())
    assert handlers == sorted(f"{feature}.handler.lambda_handler" for feature in features())


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
