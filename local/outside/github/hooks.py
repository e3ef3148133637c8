"""A hook's deliveries over the API: https://docs.github.com/en/rest/repos/webhooks#list-deliveries-for-a-repository-webhook.

A page is asked for by a cursor. What is older than three days is not listed and not sent again.
"""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

from kaizen.times import format_instant
from local.outside.github.credentials import app_itself, identity
from local.outside.github.refusals import answer, refused
from local.outside.github.world import Hook, HookDelivery, World
from local.outside.service import Reply, Request

HOOK = re.compile(
    r"/(?P<hook>app/hook|(?:repos/[^/]+/[^/]+|orgs/[^/]+)/hooks/\d{1,18})/deliveries(?:/(?P<id>\d{1,18})/attempts)?"
)
KEPT = timedelta(days=3)
_PAGE, _LARGEST_PAGE = 30, 100


def answered(world: World, request: Request, found: re.Match[str]) -> Reply:
    authorization = request.headers.get("authorization", "")
    hook = world.hooks.get(found["hook"])
    if found["hook"] == "app/hook":
        who = app_itself(world, authorization)
        if who is None:
            return refused(401, "A JSON web token could not be decoded")
        hook = hook if hook is not None and hook.app_id == who.app_id else None
    elif identity(world, authorization) is None:
        return refused(401 if authorization else 404, "Bad credentials" if authorization else "Not Found")
    if hook is None:
        return refused(404, "Not Found")
    kept = [each for each in reversed(hook.deliveries) if each.at > world.clock() - KEPT]
    if found["id"] is None:
        return _page(kept, request) if request.method == "GET" else refused(404, "Not Found")
    wanted = next((each for each in kept if each.delivery_id == int(found["id"])), None)
    if wanted is None or request.method != "POST":
        return refused(404, "Not Found")
    return _repeated(hook, wanted)


def _repeated(hook: Hook, delivery: HookDelivery) -> Reply:
    hook.repeat(delivery)
    return answer(202, {})


def _page(kept: list[HookDelivery], request: Request) -> Reply:
    query = {name: values[-1] for name, values in parse_qs(request.query).items()}
    if "page" in query:
        return refused(422, "page is not supported: follow the Link header")
    size = min(int(query.get("per_page", _PAGE)), _LARGEST_PAGE)
    cursor = query.get("cursor", "")
    if cursor:
        if not re.fullmatch(r"v1_\d{1,18}", cursor):
            return refused(422, "Invalid cursor")
        kept = [each for each in kept if each.delivery_id <= int(cursor[3:])]
    shown, rest = kept[:size], kept[size:]
    links = []
    if rest:
        host = request.headers.get("host", "127.0.0.1")
        onward = urlencode(query | {"cursor": f"v1_{rest[0].delivery_id}"})
        links.append(("link", f'<http://{host}{request.path}?{onward}>; rel="next"'))
    return answer(200, [_content(each) for each in shown], *links)


def _content(delivery: HookDelivery) -> dict[str, Any]:
    status = "OK" if 200 <= delivery.status < 300 else f"Invalid HTTP Response: {delivery.status}"
    return {
        "id": delivery.delivery_id,
        "guid": delivery.guid,
        "delivered_at": format_instant(delivery.at),
        "redelivery": delivery.redelivery,
        "duration": 0.1,
        "status": status if delivery.status else "failed to connect to host",
        "status_code": delivery.status,
        "event": delivery.event,
        "action": None,
        "installation_id": None,
        "repository_id": None,
        "throttled_at": None,
    }
