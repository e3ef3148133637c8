"""Fields of a payload: read, bounded and cleaned, or refused by their path. Pure; only what is used is validated."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from github_webhook.delivery import Headers, RequestError
from kaizen.times import parse_instant

# The bus takes 256 KB an event, and a character may take six bytes of it; GitHub's own limits lie far below these.
MAX_TITLE, MAX_NAME, MAX_URL, MAX_LABEL, MAX_LABELS, MAX_ASSIGNEES = 512, 200, 2000, 100, 100, 20
MAX_REF, MAX_SHA = 512, 64
# Years beyond would break the arithmetic or the text form of instants further on.
_YEARS = range(1970, 3000)


def origin(headers: Headers, payload: Mapping[str, Any], received_at: datetime) -> dict[str, Any]:
    """What every event says: which delivery it was, of which repository, seen by which installation of an App."""
    repository = inner(payload, "repository")
    installation = payload.get("installation")
    return {
        "delivery_id": headers.delivery_id,
        "hook_id": headers.hook_id,
        "received_at": received_at,
        "repository_id": number(repository, "repository.id"),
        "repository": text(repository, "repository.full_name"),
        "installation_id": 0 if installation is None else number(inner(payload, "installation"), "installation.id"),
    }


def fault(path: str, wanted: str) -> RequestError:
    return RequestError(400, "payload", f"the payload's {path} is not {wanted}")


def _leaf(path: str) -> str:
    return path.rpartition(".")[2]


def inner(parent: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    value = parent.get(_leaf(path))
    if not isinstance(value, dict):
        raise fault(path, "an object")
    return value


def clean(given: str) -> str:
    """Without lone surrogates and NUL, which no store and no later encoder takes."""
    return given.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")


def text(parent: Mapping[str, Any], path: str, limit: int = MAX_NAME) -> str:
    value = parent.get(_leaf(path))
    if not isinstance(value, str):
        raise fault(path, "text")
    return clean(value)[:limit]


def optional_text(parent: Mapping[str, Any], path: str, limit: int = MAX_NAME) -> str:
    """Empty where there is none."""
    return "" if parent.get(_leaf(path)) is None else text(parent, path, limit)


def flag(parent: Mapping[str, Any], path: str) -> bool:
    """False where there is none."""
    value = parent.get(_leaf(path))
    if value is not None and not isinstance(value, bool):
        raise fault(path, "true or false")
    return bool(value)


def url(parent: Mapping[str, Any], path: str) -> str:
    value = text(parent, path, MAX_URL)
    if not _is_url(value):
        raise fault(path, "a web address")
    return value


def given_url(parent: Mapping[str, Any], *paths: str) -> str:
    """The first of the fields that holds a web address; empty where none does, for people write here what they like."""
    values = [parent.get(_leaf(path)) for path in paths]
    found = [clean(value)[:MAX_URL] for value in values if isinstance(value, str)]
    return next((value for value in found if _is_url(value)), "")


def _is_url(value: str) -> bool:
    return value.startswith(("https://", "http://"))


def number(parent: Mapping[str, Any], path: str) -> int:
    value = parent.get(_leaf(path))
    if type(value) is not int or not 0 < value < 2**63:
        raise fault(path, "a positive integer")
    return value


def instant(parent: Mapping[str, Any], path: str) -> datetime:
    value = parent.get(_leaf(path))
    if isinstance(value, str):
        try:
            parsed = parse_instant(value)
        except (ValueError, OverflowError):
            pass
        else:
            if parsed.year in _YEARS:
                return parsed
    raise fault(path, f"an ISO 8601 instant from {_YEARS.start} to {_YEARS.stop - 1}")


def optional_instant(parent: Mapping[str, Any], path: str) -> datetime | None:
    return None if parent.get(_leaf(path)) is None else instant(parent, path)


def names(parent: Mapping[str, Any], path: str, key: str, most: int, longest: int) -> tuple[str, ...]:
    """The names of listed objects, sorted, each once."""
    values = parent.get(_leaf(path)) or []
    if not isinstance(values, list):
        raise fault(path, "a list")
    found = [value.get(key) for value in values[:most] if isinstance(value, dict)]
    return tuple(sorted({clean(name)[:longest] for name in found if isinstance(name, str)}))


def login(user: Any) -> str:
    """Empty for the user of an account that is gone."""
    name = user.get("login") if isinstance(user, dict) else None
    return clean(name)[:MAX_NAME] if isinstance(name, str) else ""
