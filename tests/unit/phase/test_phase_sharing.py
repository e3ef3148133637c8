"""Which pages of other origins may read an answer, and what they may send."""

from types import SimpleNamespace
from typing import Any

import pytest

from kaizen.phase import sharing
from kaizen.phase.sharing import ALLOWED, EXPOSED, origins, preflight, share
from kaizen.runtime.http import reply
from kaizen.runtime.secrets import SecretError

HERE = "https://app.example.com"
KNOWN = (HERE, "http://localhost:3000")


def event(origin: str = "", **headers: str) -> dict[str, Any]:
    return {"headers": ({"origin": origin} if origin else {}) | headers}


def shared(origin: str) -> dict[str, str]:
    answer = reply(200, "", {"vary": "Phase-Schema, Accept-Encoding"})
    share(answer, event(origin), KNOWN)
    headers: dict[str, str] = answer["headers"]
    return headers


def test_a_known_origin_may_read() -> None:
    assert shared(HERE) == {
        "vary": "Phase-Schema, Accept-Encoding, Origin",
        "access-control-allow-origin": HERE,
        "access-control-expose-headers": ", ".join(EXPOSED),
    }


@pytest.mark.parametrize(
    "origin", ["", "null", "https://app.example.com.evil.example", "http://app.example.com", HERE.upper(), "*"]
)
def test_any_other_gets_no_leave_and_caches_tell_them_apart(origin: str) -> None:
    assert shared(origin) == {"vary": "Phase-Schema, Accept-Encoding, Origin"}


def test_preflight() -> None:
    answer = preflight(event(HERE, **{"access-control-request-method": "POST"}), KNOWN)
    assert answer["statusCode"] == 204
    assert answer["headers"] == {
        "vary": "Origin",
        "access-control-allow-origin": HERE,
        "access-control-allow-methods": "GET, HEAD, POST",
        "access-control-allow-headers": ", ".join(ALLOWED),
        "access-control-max-age": "7200",
    }
    assert "authorization" not in ", ".join(ALLOWED).lower()
    stranger = preflight(event("https://evil.example"), KNOWN)
    assert (stranger["statusCode"], stranger["headers"]) == (204, {"vary": "Origin"})


def test_the_policy_is_read_for_pages_of_other_origins_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def policy(parameter: str) -> SimpleNamespace:
        asked.append(parameter)
        return SimpleNamespace(cors=SimpleNamespace(origins=KNOWN))

    monkeypatch.setattr(sharing, "current_policy", policy)
    assert origins(event(), "/policy") == ()
    assert asked == []
    assert origins(event(HERE), "/policy") == KNOWN
    assert asked == ["/policy"]


def test_a_policy_that_cannot_be_read_shares_nothing_and_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: str) -> None:
        raise SecretError("no answer")

    monkeypatch.setattr(sharing, "current_policy", broken)
    assert origins(event(HERE), "/policy") == ()
