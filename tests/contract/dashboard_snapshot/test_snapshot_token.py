"""A parameter that holds no token: the run is partial and says so, and what the parameter holds is shown nowhere."""

import logging

import pytest

from dashboard_snapshot.errors import UnauthorizedError
from dashboard_snapshot.grafana import Grafana
from dashboard_snapshot.snapshot import PartialRunError
from kaizen.runtime.outbound import Outbound, OutboundError
from local.outside.grafana.service import TOKEN
from tests.contract.dashboard_snapshot.snapshot_world import World

BAD = ["glsa_SECRET\nglsa_OTHER", "glsa_SECRET\r\nx-other: 1", "“glsa_SECRET”", "glsa_SECRET glsa_OTHER", "\x00SECRET"]


@pytest.mark.parametrize("token", BAD)
def test_what_is_no_token_makes_a_partial_run_and_is_shown_nowhere(
    world: World, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    base = world.run()
    world.token = token
    with caplog.at_level(logging.DEBUG), pytest.raises(PartialRunError) as caught:
        world.run()
    found = world.last()
    assert [(each.kind, "holds no token" in each.words) for each in found.reasons] == [("unauthorized", True)]
    assert found.run != base.run
    assert "SECRET" not in f"{caught.value}{caplog.text}{found}"
    with pytest.raises(UnauthorizedError):
        world.client().save({"title": "A"}, "", "")


def test_a_parameter_that_is_mended_is_read_anew(world: World) -> None:
    kept = [BAD[0]]

    def read(parameter: str, *, fresh: bool = False) -> str:
        if fresh:
            kept[:] = [TOKEN]
        return kept[0]

    client = Grafana("http://127.0.0.1/grafana", world.send, "/t", read, world.waited.append, lambda: 60.0)
    assert "checkout" in client.listed()


@pytest.mark.parametrize("token", BAD[:3])
def test_an_error_of_a_header_does_not_show_it(token: str) -> None:
    with pytest.raises(OutboundError, match="malformed") as caught:
        Outbound()("GET", "http://127.0.0.1:9/", {"authorization": f"Bearer {token}"})
    assert "SECRET" not in str(caught.value)
    assert caught.value.__suppress_context__
