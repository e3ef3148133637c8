"""Bodies too large for the door: offered an address, put there, then named; the whole way over moto."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
import requests

from kaizen.phase import keys
from kaizen.phase.coding import compress
from kaizen.phase.encode import keyframe
from kaizen.phase.frames import Frames
from kaizen.phase.wire import MEDIA_TYPE
from phase_ingest.posted import MOST_BYTES, MOST_UPLOADED_BYTES
from tests.contract.ingest_world import STREAM, World, content, ingest_world
from tests.contract.phase_aws import BUCKET
from tests.unit.ingest.posts import EPOCH, config_message, json_body, messages_of, place, stream_in

ROWS = 100_000


@pytest.fixture
def world() -> Iterator[World]:
    with ingest_world() as made:
        yield made


def large() -> bytes:
    """Five megabytes of noise, which no coding makes smaller."""
    angles = np.random.default_rng(1).integers(0, 1 << 16, (25, ROWS), dtype=np.uint16)
    noise = keyframe(Frames(angles), place(0, 25), 16, 0).data
    return config_message({"ranges": [[0, ROWS]]}, rows=ROWS) + noise


def put(offer: dict[str, Any], body: bytes, **headers: str) -> int:
    """What a producer does with an offer."""
    given = offer["headers"] | {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.request(offer["method"], offer["url"], data=body, headers=given, timeout=60).status_code


def then(world: World, offer: dict[str, Any], **headers: Any) -> Any:
    target = urlsplit(offer["then"])
    assert target.path == "/phase/frames"
    return world.post(b"", query=dict(parse_qsl(target.query)), **headers)


@pytest.mark.parametrize("coding", ["zstd", "identity"])
def test_the_way_out_of_a_body_that_is_too_large(world: World, coding: str) -> None:
    body = compress(coding, large())
    assert len(body) > MOST_BYTES
    answer = world.post(body, content_encoding=coding)
    assert answer["statusCode"] == 413
    problem = content(answer)
    assert problem["reason"] == "size"
    offer = problem["upload"]
    encoding = {} if coding == "identity" else {"content-encoding": coding}
    assert offer["headers"] == {"content-type": MEDIA_TYPE} | encoding
    assert (offer["method"], offer["expires_in"]) == ("PUT", 900)
    assert world.objects() == {}
    assert put(offer, body) == 200
    # The body is not sent again, and neither is what was said of it.
    answer = then(world, offer, content_type=None)
    assert answer["statusCode"] == 202
    assert content(answer) == {"stream": STREAM, "epoch": EPOCH, "frames": 25, "seq": 24}
    assert then(world, offer)["statusCode"] == 202  # again does no harm
    (arrival,) = world.arrivals()
    assert arrival.coding == coding
    assert world.objects("raw/") == {arrival.key: body}
    assert world.metric("phase_posts_refused_total") == {("413",): 1}


def test_who_knows_asks_for_an_address_first(world: World) -> None:
    answer = world.post(b"", "uploads", content_encoding="gzip")
    assert answer["statusCode"] == 201
    assert answer["headers"]["phase-schema"] == "1.0.0"
    assert answer["headers"]["cache-control"] == "no-store"
    offer = content(answer)
    key = dict(parse_qsl(urlsplit(offer["then"]).query))["upload"]
    assert key.startswith(keys.upload(STREAM, ""))
    assert content(world.post(b"", "uploads"))["then"] != offer["then"]  # an address of one's own each time
    body = compress("gzip", messages_of())
    assert put(offer, body) == 200
    assert then(world, offer)["statusCode"] == 202
    assert list(world.objects("raw/").values()) == [body]


def test_json_is_uploaded_too(world: World) -> None:
    body = json_body() + b" " * MOST_BYTES
    offer = content(world.post(body, content_type="application/json"))["upload"]
    assert offer["headers"] == {"content-type": "application/json"}
    assert put(offer, body) == 200
    assert then(world, offer, content_type=MEDIA_TYPE)["statusCode"] == 202


def test_the_address_is_signed_for_one_object_and_its_headers(world: World) -> None:
    offer = content(world.post(b"", "uploads"))
    address = urlsplit(offer["url"])
    assert address.netloc == f"{BUCKET}.s3.eu-west-1.amazonaws.com"  # the global one redirects, which breaks signatures
    query = dict(parse_qsl(address.query))
    assert query["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    assert query["X-Amz-Expires"] == "900"
    assert query["X-Amz-SignedHeaders"] == "content-type;host"


def test_uploads_are_checked_as_any_body(world: World) -> None:
    offer = content(world.post(b"", "uploads"))
    answer = then(world, offer)
    assert (answer["statusCode"], content(answer)["reason"]) == (404, "upload")
    put(offer, messages_of()[:-1])
    assert content(then(world, offer))["reason"] == "truncated"
    put(offer, messages_of())
    assert then(world, offer, phase_schema="9.0.0")["statusCode"] == 406
    assert then(world, offer, authorization=None)["statusCode"] == 401
    world.put_stream(stream_in(EPOCH + 1))
    assert content(then(world, offer))["epoch"] == EPOCH + 1
    assert world.objects("raw/") == world.objects("rows/") == {}


def test_an_upload_that_is_too_large_is_not_read(world: World) -> None:
    offer = content(world.post(b"", "uploads"))
    put(offer, bytes(MOST_UPLOADED_BYTES + 1))
    answer = then(world, offer)
    assert answer["statusCode"] == 413
    assert "upload" not in content(answer)  # another one would end the same
    assert str(MOST_UPLOADED_BYTES) in content(answer)["detail"]


def test_other_objects_of_the_bucket_are_no_uploads(world: World) -> None:
    world.post(messages_of())
    for key in [*world.objects(), keys.upload("other", "0" * 32)]:
        answer = world.post(b"", query={"stream": STREAM, "upload": key})
        assert (answer["statusCode"], content(answer)["reason"]) == (400, "upload")
