"""Slack's own clients without redirects: whoever answers with another address does not get the token, nor the message.

Slack's API and its webhooks never redirect. A redirect comes from a proxy, a captive portal or an attacker, and the
SDK's transport follows it with all headers. Here it is an answer like any other, with its status of 3xx.
"""

from functools import cache
from typing import Any
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from slack_sdk.web.client import WebClient
from slack_sdk.webhook.client import WebhookClient
from slack_sdk.webhook.webhook_response import WebhookResponse


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """None: urllib raises the answer as an HTTPError, which the SDK takes for any other refusal."""


@cache
def _opener() -> OpenerDirector:
    """Of web addresses alone: what else urllib opens is refused before. To make one reads all trusted certificates."""
    return build_opener(_Stay)


class StraightWebClient(WebClient):
    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        with _opener().open(req, timeout=self.timeout) as answer:
            charset = answer.headers.get_content_charset() or "utf-8"
            return {"status": answer.status, "headers": answer.headers, "body": answer.read().decode(charset)}


class StraightWebhookClient(WebhookClient):
    def _perform_http_request_internal(self, url: str, req: Request) -> WebhookResponse:
        with _opener().open(req, timeout=self.timeout) as answer:
            charset = answer.headers.get_content_charset() or "utf-8"
            body = answer.read().decode(charset)
            return WebhookResponse(url=url, status_code=answer.status, body=body, headers=dict(answer.headers))
