"""DynamoDB's values written into answers, some five times as fast as moto does it.

An attribute value is a JSON object with one member, as {"S": "text"}. moto looks for each of the ten members that it
could have, under several names, in each value of each item.
"""

from typing import Any

from moto.core.model import Shape, StructureShape
from moto.core.serialize import BaseJSONSerializer

MOTOS_WAY = BaseJSONSerializer._serialize_type_structure


def write_values_quickly() -> None:
    """From now on, in all of moto of this process: only the members that a value has are looked at."""
    BaseJSONSerializer._serialize_type_structure = _structure  # type: ignore[method-assign]


def _structure(self: BaseJSONSerializer, serialized: Any, value: Any, shape: StructureShape, key: str) -> None:
    if shape.name != "AttributeValue" or not isinstance(value, dict) or not value.keys() <= shape.members.keys():
        MOTOS_WAY(self, serialized, value, shape, key)
        return
    written: Any = {}
    for name, held in value.items():
        member = shape.members[name]
        assert isinstance(member, Shape)
        member.parent = shape  # type: ignore[attr-defined]
        self._serialize(written, held, member, name)
    self._default_serialize(serialized, written, shape, key)
