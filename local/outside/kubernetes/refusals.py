"""What the API server refuses, as its `Status` objects; and troubles that a test asks for. Pure.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
"""

import json
from typing import Any

from local.outside.kubernetes.kinds import Kind
from local.outside.service import Reply

JSON = ("content-type", "application/json")
_PLAIN = ("content-type", "text/plain; charset=utf-8")
TROUBLES = ("401", "403", "404", "409", "410", "429", "500", "503", "504", "html", "cut", "timeout")
_REASONS = {
    400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 405: "MethodNotAllowed",
    409: "Conflict", 410: "Expired", 415: "UnsupportedMediaType", 422: "Invalid", 429: "TooManyRequests",
    500: "InternalError", 503: "ServiceUnavailable", 504: "Timeout",
}  # fmt: skip
_STALE = "the object has been modified; please apply your changes to the latest version and try again"


class Refused(Exception):
    """Carries the answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply.body))
        self.reply = reply


def refused(code: int, message: str, *, reason: str = "", meta: Any = None, **details: Any) -> Refused:
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": meta or {},
        "status": "Failure",
        "message": message,
        "reason": reason or _REASONS[code],
        **({"details": details} if details else {}),
        "code": code,
    }
    return Refused(Reply(code, json.dumps(status), (JSON,)))


def about(kind: Kind, name: str = "") -> dict[str, str]:
    """The details of a refusal: name, group and kind, where they are not empty."""
    return {key: value for key, value in {"name": name, "group": kind.group, "kind": kind.plural}.items() if value}


def no_path() -> Refused:
    """A path that the server does not know: no Status at all."""
    return Refused(Reply(404, "404 page not found\n", (_PLAIN,)))


def unauthorized() -> Refused:
    return refused(401, "Unauthorized")


def forbidden(user: str, verb: str, kind: Kind, resource: str, namespace: str, name: str) -> Refused:
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    said = f'User "{user}" cannot {verb} resource "{resource}" in API group "{kind.group}" {where}'
    what = f'{kind.qualified} "{name}"' if name else kind.qualified
    return refused(403, f"{what} is forbidden: {said}", **about(kind, name))


def not_found(kind: Kind, name: str) -> Refused:
    return refused(404, f'{kind.qualified} "{name}" not found', **about(kind, name))


def exists(kind: Kind, name: str) -> Refused:
    return refused(409, f'{kind.qualified} "{name}" already exists', reason="AlreadyExists", **about(kind, name))


def conflict(kind: Kind, name: str) -> Refused:
    message = f'Operation cannot be fulfilled on {kind.qualified} "{name}": {_STALE}'
    return refused(409, message, **about(kind, name))


def bad(message: str) -> Refused:
    return refused(400, message)


def invalid(kind: Kind, name: str, field: str, message: str) -> Refused:
    said = f'{kind.name}.{kind.group} "{name}" is invalid: {field}: {message}'
    causes = [{"reason": "FieldValueInvalid", "message": message, "field": field}]
    return refused(422, said, **about(kind, name), causes=causes)


def not_allowed() -> Refused:
    return refused(405, "the server does not allow this method on the requested resource", details={})


def expired(follow: str) -> Refused:
    message = (
        "The provided continue parameter is too old to display a consistent list result. You can start a new list "
        "without the continue parameter, or use the continue token in this response to retrieve the remainder of the "
        "results. Continuing with the provided token results in an inconsistent list - objects that were created, "
        "modified, or deleted between the time the first chunk was returned and now may show up in the list."
    )
    return refused(410, message, meta={"continue": follow})


def trouble(kind: str) -> Reply:
    """The answer that a test has asked for."""
    match kind:
        case "429":
            headers = (_PLAIN, ("retry-after", "1"))
            return Reply(429, "Too many requests, please try again later.\n", headers)
        case "html":
            return Reply(502, "<html><body>Bad gateway</body></html>", (("content-type", "text/html"),))
        case "cut":
            return Reply(
                200, '{"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "it', (JSON,)
            )
        case "404":
            return no_path().reply
        case "410":
            return expired("").reply
        case "401":
            return unauthorized().reply
        case _:
            return refused(int(kind), "asked for by a test").reply
