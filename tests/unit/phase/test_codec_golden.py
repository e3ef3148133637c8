"""The golden vectors: the encoder still writes these bytes, the decoder still reads these frames."""

import json

import pytest

from kaizen.phase.decode import decode_all
from tests.unit.phase.bodies import shown
from tests.vectors.phf1.generate import FOLDER, files

NAMES = sorted(path.stem for path in FOLDER.glob("*.phf"))


def test_the_generator_writes_what_is_kept() -> None:
    kept = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.suffix in (".phf", ".json")}
    assert files() == kept


@pytest.mark.parametrize("name", NAMES)
def test_decoding(name: str) -> None:
    body = (FOLDER / f"{name}.phf").read_bytes()
    expected = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert [shown(message) for message in decode_all(body)] == expected
