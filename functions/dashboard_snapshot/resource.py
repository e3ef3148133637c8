"""A dashboard of schema v2, which Grafana gives only in the form of its newer API (`/apis`). Pure.

https://grafana.com/docs/grafana/latest/developers/http_api/apis/
"""

import re
from collections.abc import Mapping
from typing import Any

_ADDRESS = re.compile(r"/apis/dashboard\.grafana\.app/v[0-9][a-z0-9]*/namespaces/[a-z0-9-]+/dashboards/[\w.-]+", re.A)
_NOTED = "grafana.app/"
_NOBODY = "Anonymous"  # how the older API calls whoever is neither a person nor a program, such as provisioning
_SOMEBODY = ("user:", "service-account:", "api-key:")


def address_in(message: str) -> str:
    """The path that Grafana's 406 tells to use instead; empty for none."""
    found = _ADDRESS.search(message)
    return found[0] if found is not None else ""


def is_resource(given: Any) -> bool:
    """Whether it is a dashboard in that form."""
    metadata, spec = (given.get(name) if isinstance(given, dict) else None for name in ("metadata", "spec"))
    return (
        isinstance(metadata, dict)
        and isinstance(spec, dict)
        and isinstance(given.get("apiVersion"), str)
        and bool(spec.get("title"))
    )


def kept(given: Mapping[str, Any], uid: str) -> dict[str, Any]:
    """What is stored: the dashboard as it is, without what Grafana counts and notes of its saves."""
    return {name: given[name] for name in ("apiVersion", "spec")} | {"kind": "Dashboard", "metadata": {"name": uid}}


def meta(given: Mapping[str, Any], uid: str) -> dict[str, Any]:
    """What Grafana notes of it, under the names of the older API. People and programs are named by their ids, with
    what they are before them: `user:…`, `service-account:…`."""
    metadata = given["metadata"]
    about = metadata.get("annotations")
    noted: dict[str, Any] = about if isinstance(about, dict) else {}

    def note(name: str, default: str = "") -> str:
        return str(noted.get(_NOTED + name) or default)

    def who(name: str) -> str:
        found = note(name)
        return found if found.startswith(_SOMEBODY) else _NOBODY

    created = str(metadata.get("creationTimestamp") or "")
    return {
        "version": metadata.get("generation"),
        "folderUid": note("folder"),
        "createdBy": who("createdBy"),
        "created": created,
        "updatedBy": who("updatedBy" if note("updatedBy") else "createdBy"),
        "updated": note("updatedTimestamp", created),
        "provisionedExternalId": note("sourcePath", note("managerId", note("managedBy"))),
        "url": f"/d/{uid}",
    }
