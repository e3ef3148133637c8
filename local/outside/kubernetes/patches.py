"""Merge-patch (RFC 7386) and JSON patch (RFC 6902). Pure: what is patched is not changed, the result is new."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any


class PatchError(ValueError):
    """The patch is malformed."""


class FailedError(ValueError):
    """A `test` does not hold, or a path is not there."""


def merged(target: Any, patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return copy.deepcopy(result)


def patched(target: Any, operations: Any) -> Any:
    """Raises PatchError, FailedError."""
    if not isinstance(operations, Sequence) or not all(isinstance(each, Mapping) for each in operations):
        raise PatchError("json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    result = copy.deepcopy(target)
    for each in operations:
        result = _applied(result, each)
    return result


def _applied(target: Any, operation: Mapping[str, Any]) -> Any:
    kind, path = operation.get("op"), _path(operation.get("path"))
    if kind in ("add", "replace", "test") and "value" not in operation:
        raise PatchError(f"the operation {kind} has no value")
    match kind:
        case "test":
            if _at(target, path) != operation["value"]:
                raise FailedError(f"testing value {operation['path']} failed: test failed")
        case "add":
            return _added(target, path, operation["value"])
        case "replace":
            _at(target, path)
            return _added(_removed(target, path), path, operation["value"]) if path else operation["value"]
        case "remove":
            return _removed(target, path)
        case "copy":
            return _added(target, path, copy.deepcopy(_at(target, _path(operation.get("from")))))
        case "move":
            origin = _path(operation.get("from"))
            value = _at(target, origin)
            return _added(_removed(target, origin), path, value)
        case _:
            raise PatchError(f"Unexpected kind: {kind}")
    return target


def _path(text: Any) -> list[str]:
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise PatchError("the path of an operation begins with /")
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _at(target: Any, path: Sequence[str]) -> Any:
    for part in path:
        if isinstance(target, list):
            target = target[_index(part, len(target) - 1)]
        elif isinstance(target, dict) and part in target:
            target = target[part]
        else:
            raise FailedError(f"the path /{'/'.join(path)} is missing")
    return target


def _added(target: Any, path: Sequence[str], value: Any) -> Any:
    if not path:
        return value
    parent, last = _at(target, path[:-1]), path[-1]
    if isinstance(parent, list):
        parent.insert(len(parent) if last == "-" else _index(last, len(parent)), value)
    elif isinstance(parent, dict):
        parent[last] = value
    else:
        raise FailedError(f"nothing can be added at /{'/'.join(path)}")
    return target


def _removed(target: Any, path: Sequence[str]) -> Any:
    if not path:
        raise FailedError("the whole cannot be removed")
    _at(target, path)
    parent = _at(target, path[:-1])
    del parent[int(path[-1]) if isinstance(parent, list) else path[-1]]
    return target


def _index(text: str, last: int) -> int:
    if not text.isdecimal() or int(text) > last:
        raise FailedError(f"there is no place {text} in a list")
    return int(text)
