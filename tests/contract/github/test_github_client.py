"""The client over HTTP: what each answer becomes, what is tried again, and where the token does not go."""

import pytest

from kaizen.github.client import Github
from kaizen.github.contents import pull_request
from kaizen.github.deployments import latest_statuses
from kaizen.github.errors import (
    ForbiddenError,
    GithubError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    UnauthorizedError,
    UnavailableError,
    UnprocessableError,
)
from kaizen.runtime.outbound import Outbound, TooLargeError, UnreachableError
from local.outside.github.service import TOKEN
from local.outside.service import Reply, Request
from tests.contract.github.github_world import NAME, World, github
from tests.contract.outside_door import door

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture(name="world")
def _world():  # type: ignore[no-untyped-def]
    with github() as world:
        yield world


def asked(world: World) -> GithubError:
    with pytest.raises(GithubError) as raised:
        world.by_token().post(f"/repos/{NAME}/issues/1/comments", {"body": "hello"})
    assert TOKEN not in str(raised.value)
    return raised.value


@pytest.mark.parametrize(
    ("trouble", "kind", "retryable"),
    [
        ("403", ForbiddenError, False),
        ("404", NotFoundError, False),
        ("422", UnprocessableError, False),
        ("429", RateLimitedError, True),
        ("primary", RateLimitedError, True),
        ("secondary", RateLimitedError, True),
        ("500", UnavailableError, True),
        ("html", UnavailableError, True),
        ("timeout", UnavailableError, True),
    ],
)
def test_every_trouble_has_its_error(world: World, trouble: str, kind: type[GithubError], retryable: bool) -> None:
    world.service.trouble(trouble)
    error = asked(world)
    assert type(error) is kind
    assert error.retryable is retryable
    assert len(world.heard) == 1  # a change is never tried twice


@pytest.mark.parametrize(("trouble", "wait"), [("429", 7), ("primary", 91), ("secondary", 60)])
def test_a_limit_says_how_long(world: World, trouble: str, wait: int) -> None:
    world.service.trouble(trouble)
    error = asked(world)
    assert isinstance(error, RateLimitedError)
    assert error.wait == wait


@pytest.mark.parametrize("trouble", ["500", "502", "html", "timeout"])
def test_reading_is_tried_once_more(world: World, trouble: str) -> None:
    number = world.repository.pull_request("A change", {"a": "b"})
    world.service.trouble(trouble)
    assert pull_request(world.by_token(), NAME, number).changed_files == 1
    world.service.trouble(trouble, trouble)
    with pytest.raises(UnavailableError):
        pull_request(world.by_token(), NAME, number)


def test_a_refused_token_is_read_anew_once(world: World) -> None:
    number = world.repository.pull_request("A change", {"a": "b"})
    world.service.trouble("401")
    assert pull_request(world.by_token(), NAME, number).number == number
    assert world.fresh == 1
    world.token = "ghp_revoked"
    with pytest.raises(UnauthorizedError) as raised:
        pull_request(world.by_token(), NAME, number)
    assert "ghp_revoked" not in str(raised.value)


def test_a_repository_that_nobody_may_see_is_not_found(world: World) -> None:
    with pytest.raises(NotFoundError):
        pull_request(world.by_token(), "example-org/nothing", 1)
    with pytest.raises(ValueError, match="owner/name"):
        pull_request(world.by_token(), "example-org/../../secrets", 1)


def test_statuses_of_a_deployment(world: World) -> None:
    for state in ("queued", "in_progress", "success"):
        world.repository.deployment_status(5, state)
    found = latest_statuses(world.by_token(), NAME, 5)
    assert [each.state for each in found] == ["success", "in_progress", "queued"]
    assert (found[0].environment, found[0].created_at) == ("production", world.now)
    world.repository.deployment(6)
    assert latest_statuses(world.by_token(), NAME, 6) == ()
    with pytest.raises(NotFoundError):
        latest_statuses(world.by_token(), NAME, 7)


class Elsewhere:
    """Leads away, and writes down who follows."""

    def __init__(self) -> None:
        self.location = ""
        self.link = ""
        self.bodies: dict[str, bytes] = {}

    def answer(self, request: Request) -> Reply:
        if request.path == "/repos/a/moved/pulls/1":
            return Reply(301, "", (("location", self.location),))
        return Reply(200, self.bodies.get(request.path, b"[]"), (("link", self.link),) if self.link else ())


def test_the_token_goes_to_no_other_host(world: World) -> None:
    with door(Elsewhere()) as (other, heard_there):
        here = Elsewhere()
        with door(here) as (address, heard_here):
            client = Github(address, world.by_token()._auth, world.send, lambda: world.now)
            here.location = f"{other}/anything"
            with pytest.raises(RefusedError, match="another host"):
                client.get("/repos/a/moved/pulls/1")
            here.link = f'<{other}/page2>; rel="next"'
            with pytest.raises(RefusedError, match="another host"):
                list(client.pages("/list"))
            assert len(heard_here) == 2
        assert heard_there == []


def test_a_repository_that_was_renamed_is_followed_on_the_same_host(world: World) -> None:
    here = Elsewhere()
    here.bodies["/repositories/7"] = b'{"number": 7}'
    with door(here) as (address, heard):
        here.location = f"{address}/repositories/7"
        client = Github(address, world.by_token()._auth, world.send, lambda: world.now)
        assert client.get("/repos/a/moved/pulls/1") == {"number": 7}
        here.location = f"{address}/repos/a/moved/pulls/1"
        with pytest.raises(RefusedError, match="redirects"):
            client.get("/repos/a/moved/pulls/1")
        assert {each.headers["authorization"] for each in heard} == {f"Bearer {TOKEN}"}


def test_an_answer_has_its_bound_and_an_address_may_be_dead(world: World) -> None:
    here = Elsewhere()
    here.bodies["/large"] = b"x" * 2000
    with door(here) as (address, _):
        assert len(Outbound(limit=2000)("GET", f"{address}/large", {}).body) == 2000
        with pytest.raises(TooLargeError):
            Outbound(limit=1999)("GET", f"{address}/large", {})
    with pytest.raises(UnreachableError) as raised:
        Outbound(connect=0.5)("GET", f"{address}/secret-path", {"authorization": "Bearer x"})
    assert "secret" not in str(raised.value)
