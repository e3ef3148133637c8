"""Pull requests for demos: opened in the double of GitHub, told by a signed delivery as GitHub tells them."""

import json
from datetime import datetime
from typing import Any, cast

from kaizen.times import format_instant
from local.demo import deliveries
from local.demo.deliveries import Delivery
from local.errors import LocalError
from local.outside.github.api import pull_content
from local.outside.github.service import GithubService
from local.stack import Stack


def tell(stack: Stack, repository: str, repository_id: int, number: int, action: str, at: datetime) -> None:
    """The signed `pull_request` delivery through the door. Raises LocalError unless it is taken."""
    body = json.dumps(payload(stack, repository, repository_id, number, action, at)).encode()
    headers = {
        "X-GitHub-Event": "pull_request",
        "X-GitHub-Delivery": f"pull-{repository_id}-{number}-{action}-{int(at.timestamp() * 1_000_000)}",
        "X-GitHub-Hook-ID": "480002",
    }
    sample = Delivery(f"pull request {number} {action}", headers, body)
    status, answer = deliveries.post(sample, stack.addresses.api, stack.secrets["webhook"])
    if status != 202:
        raise LocalError(f"the delivery {sample.name} was answered with {status}: {answer}")


def payload(
    stack: Stack, repository: str, repository_id: int, number: int, action: str, at: datetime
) -> dict[str, Any]:
    """A `pull_request` payload with what is read of it, shaped as GitHub's."""
    known = stack.outside.of(GithubService).world.repository(repository)
    pull = cast(dict[str, Any], pull_content(known, known.pulls[number]))
    pull |= {
        "id": 900_000 + number, "draft": False, "merged": False, "labels": [],
        "created_at": format_instant(at), "updated_at": format_instant(at),
    }  # fmt: skip
    for side in (pull["base"], pull["head"]):
        if side["repo"] is not None:
            same = side["repo"]["full_name"] == repository
            side["repo"] = side["repo"] | {"id": repository_id if same else repository_id + 1}
    return {
        "action": action,
        "number": number,
        "pull_request": pull,
        "repository": {"id": repository_id, "full_name": repository, "html_url": f"https://github.com/{repository}"},
        "sender": pull["user"],
    }
