"""The report beside the comment: written with it, found at its address, and closed to whatever a dashboard holds."""

import base64
import gzip
import json
import os
import re
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch
from xml.etree import ElementTree

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from dashboard_diff import handler, parts
from tests.contract.review_world import Context, Desk, desk_of
from tests.unit.dashboard_diff.dashboard_samples import Json, dashboard, edited, panel

FILE = "grafana/dashboards/checkout.json"
API, PARAMETER, BUCKET = "https://api.example.test", "/kaizen/test/api-url", "reports"
EVIL = '</title><script>alert(1)</script>"&\u202e'
BASE = dashboard(panel("Orders"), panel("Errors", number=2, x=12))
ADDRESS = re.compile(rf"{API}/reviews/([0-9a-f]{{32}})\)")
PICTURE = re.compile(rf"!\[[^\]]*\]\({API}/reviews/([0-9a-f]{{32}}-1\.svg)\?at=([0-9a-f]+)\)")


def content(given: Json) -> str:
    return json.dumps(given)


@pytest.fixture
def desk() -> Iterator[Desk]:
    given = {"REPORTS_BUCKET": BUCKET, "API_URL_PARAMETER": PARAMETER, "PROMETHEUS_URL": "",
             "PROMETHEUS_TOKEN_PARAMETER": "/kaizen/prometheus/token"}  # fmt: skip
    files: dict[str, str | bytes | None] = {FILE: content(BASE)}
    with patch.dict(os.environ, given), desk_of(handler, "DASHBOARD_DIFF_DEAD_LETTER_QUEUE_URL", files) as made:
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        boto3.client("ssm").put_parameter(Name=PARAMETER, Value=API, Type="String")
        yield made


def get(name: str, method: str = "GET", **headers: str) -> tuple[int, bytes, dict[str, str]]:
    event = {
        "headers": headers,
        "pathParameters": {"id": name},
        "requestContext": {"http": {"method": method, "path": f"/reviews/{name}"}, "requestId": "r"},
    }
    answer: dict[str, Any] = handler.lambda_handler(event, Context())
    body = answer["body"]
    return (
        answer["statusCode"],
        base64.b64decode(body) if answer["isBase64Encoded"] else body.encode(),
        answer["headers"],
    )


def test_the_comment_leads_to_its_report_and_shows_its_picture(desk: Desk) -> None:
    added = panel("New", number=3, y=8)
    number = desk.open({FILE: content(BASE | {"panels": [*BASE["panels"], added]})})
    assert desk.run(desk.event(number))
    body = desk.comments(number)[0].body
    (name,) = set(ADDRESS.findall(body))
    ((picture, digest),) = PICTURE.findall(body)
    assert "[New" not in body  # no grid where there is a picture
    status, page, headers = get(name)
    assert status == 200
    assert headers["content-type"].startswith("text/html")
    assert "sandbox" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert b"1 panel added" in page
    status, drawn, headers = get(picture, **{"accept-encoding": "gzip, br"})
    assert (status, headers["content-encoding"], headers["content-type"][:13]) == (200, "gzip", "image/svg+xml")
    assert "New" in "".join(ElementTree.fromstring(gzip.decompress(drawn)).itertext())
    # A push changes the picture's address, and not the report's.
    desk.repository.push(number, {FILE: content(edited(BASE, "panels.1.gridPos.w", 6))})
    desk.run(desk.event(number))
    body = desk.comments(number)[0].body
    assert set(ADDRESS.findall(body)) == {name}
    assert PICTURE.findall(body)[0][0] == picture
    assert PICTURE.findall(body)[0][1] != digest
    assert b"width" in get(name)[1]
    desk.run(desk.event(number))
    assert desk.counted("kaizen_dashboard_diff_reviews_total") == {"created": 1, "updated": 1, "unchanged": 1}


def test_head_and_what_is_already_there_send_no_body(desk: Desk) -> None:
    number = desk.open({FILE: content(edited(BASE, "panels.0.title", "Sales"))})
    desk.run(desk.event(number))
    (name,) = set(ADDRESS.findall(desk.comments(number)[0].body))
    _, page, headers = get(name)
    assert page
    status, body, of_head = get(name, "HEAD")
    assert (status, body, of_head) == (200, b"", headers)
    status, body, _ = get(name, **{"if-none-match": headers["etag"]})
    assert (status, body) == (304, b"")
    assert get(name, **{"if-none-match": headers["etag"], "accept-encoding": "gzip"})[0] == 200  # another coding


def test_what_never_was_and_what_was_removed(desk: Desk) -> None:
    number = desk.open({FILE: content(edited(BASE, "panels.0.title", "Sales"))})
    desk.run(desk.event(number))
    (name,) = set(ADDRESS.findall(desk.comments(number)[0].body))
    boto3.client("s3").delete_object(Bucket=BUCKET, Key=f"reviews/{name}")  # as the lifecycle does
    status, body, _ = get(name)
    assert (status, b"90 days" in body) == (410, True)
    other = "0" * 32
    for unknown in (other, f"{other}-1.svg", "../secrets", f"{other}.html", "", name.upper(), f"{name}-1.svg/x"):
        assert get(unknown)[0] == 404, unknown
    desk.run(desk.event(number))
    assert get(name)[0] == 200  # a later push, or the same event again, writes it anew


def test_a_bucket_that_fails(desk: Desk) -> None:
    number = desk.open({FILE: content(edited(BASE, "panels.0.title", "Sales"))})
    s3 = parts.store(handler.settings())._client
    with Stubber(s3) as stub:
        stub.add_client_error("put_object", "InternalError", http_status_code=500)
        assert not desk.run(desk.event(number))  # back to the queue, before anything links to it
        stub.add_client_error("get_object", "SlowDown", http_status_code=503)
        status, _, headers = get("0" * 32)
    assert (status, headers["retry-after"]) == (503, "15")
    assert desk.comments(number) == []
    assert desk.run(desk.event(number))
    assert ADDRESS.search(desk.comments(number)[0].body)


def test_nothing_of_a_dashboard_becomes_markup(desk: Desk) -> None:
    evil = panel(EVIL + "x" * 10_000, f'up{{a="{EVIL[:20]}"}}', number=3, y=8, description=EVIL)
    number = desk.open({FILE: content(BASE | {"title": EVIL * 300, "panels": [*BASE["panels"], evil]})})
    desk.run(desk.event(number))
    body = desk.comments(number)[0].body
    page = get(ADDRESS.findall(body)[0])[1].decode()
    assert "<script" not in page
    assert len(body) <= 65_536
    assert page.count("</title>") == 1 + page.count("<svg")
    ElementTree.fromstring(get(PICTURE.findall(body)[0][0])[1])


def test_without_a_known_address_there_is_the_comment_alone(desk: Desk) -> None:
    boto3.client("ssm").delete_parameter(Name=PARAMETER)
    number = desk.open({FILE: content(BASE | {"panels": [*BASE["panels"], panel("New", number=3, y=8)]})})
    assert desk.run(desk.event(number))
    body = desk.comments(number)[0].body
    assert "/reviews/" not in body
    assert "[New" in body  # the layout as text
    with pytest.raises(ClientError):
        boto3.client("s3").get_object(Bucket=BUCKET, Key="reviews/x")


def test_an_address_that_github_does_not_reach_shows_the_layout_as_text(desk: Desk) -> None:
    boto3.client("ssm").put_parameter(Name=PARAMETER, Value="http://127.0.0.1:8000/", Type="String", Overwrite=True)
    number = desk.open({FILE: content(BASE | {"panels": [*BASE["panels"], panel("New", number=3, y=8)]})})
    desk.run(desk.event(number))
    body = desk.comments(number)[0].body
    assert "(http://127.0.0.1:8000/reviews/" in body
    assert "![" not in body
    assert "[New" in body
