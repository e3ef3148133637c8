"""What has one place has no second: clients with their limits, transactions with their reasons, 503 with its cause."""

import pytest

from tests.architecture.house import Module, function_modules, layer_modules

ONE_PLACE = {
    "boto3.client(": "kaizen.runtime.clients",
    "transact_write_items(": "kaizen.storage.transact",
    "problem(503": "kaizen.runtime.failures",
    "inject_lambda_context": "kaizen.runtime.functions",
}


@pytest.mark.parametrize(("words", "place"), ONE_PLACE.items())
def test_one_place(words: str, place: str) -> None:
    def found(module: Module) -> bool:
        return words in module.path.read_text(encoding="utf-8")

    assert [module.name for module in (*function_modules(), *layer_modules()) if found(module)] == [place]
