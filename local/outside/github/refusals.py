"""What GitHub refuses, in its own words and shapes; and troubles that a test asks for. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from local.outside.service import Reply

DOCS = "https://docs.github.com/rest"
LONGEST_BODY = 65_536  # characters of a comment
LONGEST_OUTPUT = 65_535  # characters of a check's summary or text
MOST_ANNOTATIONS = 50
_JSON = ("content-type", "application/json; charset=utf-8")
STATUSES = ("queued", "in_progress", "completed")
CONCLUSIONS = (
    "action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out",
)  # fmt: skip
LEVELS = ("notice", "warning", "failure")
TROUBLES = ("401", "403", "404", "422", "429", "primary", "secondary", "500", "502", "html", "timeout")


def answer(status: int, content: Any, *headers: tuple[str, str]) -> Reply:
    return Reply(status, json.dumps(content), (_JSON, *headers))


def refused(status: int, message: str, *headers: tuple[str, str]) -> Reply:
    return answer(status, {"message": message, "documentation_url": DOCS, "status": str(status)}, *headers)


def invalid(resource: str, field: str, message: str, code: str = "custom") -> Reply:
    """422 as GitHub answers what it has read and does not want."""
    errors = [{"resource": resource, "code": code, "field": field, "message": message}]
    return answer(422, {"message": "Validation Failed", "errors": errors, "documentation_url": DOCS, "status": "422"})


def not_supplied(field: str) -> Reply:
    return refused(422, f'Invalid request.\n\n"{field}" wasn\'t supplied.')


def comment_fault(given: Mapping[str, Any]) -> Reply | None:
    """What is wrong with a comment."""
    body = given.get("body")
    if not isinstance(body, str):
        return not_supplied("body")
    if not body.strip():
        return invalid("IssueComment", "body", "body cannot be blank", "missing_field")
    if len(body) > LONGEST_BODY:
        text = f"Body is too long (maximum is {LONGEST_BODY} characters)"
        return invalid("IssueComment", "data", text, "unprocessable")
    return None


def check_fault(given: Mapping[str, Any], *, new: bool) -> Reply | None:
    """What is wrong with a check run, by its documented shape."""
    for name in ("name", "head_sha") if new else ():
        if not isinstance(given.get(name), str) or not given[name]:
            return not_supplied(name)
    if given.get("status", "queued") not in STATUSES:
        return invalid("CheckRun", "status", f"{given['status']} is not a status")
    if "conclusion" in given and given["conclusion"] not in CONCLUSIONS:
        return invalid("CheckRun", "conclusion", f"{given['conclusion']} is not a conclusion")
    if given.get("status") == "completed" and "conclusion" not in given:
        return invalid("CheckRun", "conclusion", "conclusion is required when status is completed", "missing_field")
    return _output_fault(given["output"], new=new) if "output" in given else None


def _output_fault(output: Any, *, new: bool) -> Reply | None:
    if not isinstance(output, Mapping):
        return invalid("CheckRun", "output", "output is not an object")
    for name in ("title", "summary") if new else ("summary",):
        if not isinstance(output.get(name), str) or not output[name]:
            return not_supplied(name)
    for name in ("summary", "text"):
        if len(str(output.get(name) or "")) > LONGEST_OUTPUT:
            return invalid("CheckRun", name, f"{name} exceeds a maximum length of {LONGEST_OUTPUT} characters")
    annotations = output.get("annotations", [])
    if not isinstance(annotations, list) or len(annotations) > MOST_ANNOTATIONS:
        return invalid("CheckRun", "annotations", f"no more than {MOST_ANNOTATIONS} annotations a request")
    return next((fault for each in annotations if (fault := _annotation_fault(each))), None)


def _annotation_fault(given: Any) -> Reply | None:
    if not isinstance(given, Mapping):
        return invalid("CheckRun", "annotations", "an annotation is not an object")
    for name, kind in (("path", str), ("start_line", int), ("end_line", int), ("message", str)):
        if type(given.get(name)) is not kind or given[name] in ("", 0):
            return not_supplied(name)
    if given.get("annotation_level") not in LEVELS:
        return invalid("CheckRun", "annotation_level", "annotation_level is not notice, warning or failure")
    if given["end_line"] < given["start_line"]:
        return invalid("CheckRun", "end_line", "end_line is before start_line")
    if len(given["message"].encode()) > 64 * 1024 or len(str(given.get("title", ""))) > 255:
        return invalid("CheckRun", "annotations", "the message exceeds 64 KB, or the title 255 characters")
    return None


def trouble(kind: str, now: int) -> Reply:
    """The answer that a test has asked for; `now` is in Unix seconds."""
    match kind:
        case "401":
            return refused(401, "Bad credentials")
        case "403":
            return refused(403, "Resource not accessible by integration")
        case "404":
            return refused(404, "Not Found")
        case "422":
            return refused(422, "Validation Failed")
        case "429":
            return refused(429, "Too many requests", ("retry-after", "7"))
        case "primary":
            spent = (
                ("x-ratelimit-limit", "5000"),
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", str(now + 90)),
            )
            return refused(403, "API rate limit exceeded for installation ID 1.", *spent)
        case "secondary":
            return refused(403, "You have exceeded a secondary rate limit. Please wait a few minutes.")
        case "html":
            return Reply(502, "<html><body>Unicorn!</body></html>", (("content-type", "text/html"),))
        case _:
            return refused(int(kind), "Server Error")
