"""Which policy is in force when the parameter changes, is refused, vanishes or cannot be read."""

import pytest

from kaizen.policy.store import DEFAULT_FILE, PolicyStore
from kaizen.runtime.secrets import CACHE_SECONDS, SecretError, SecretMissingError

DEFAULT = DEFAULT_FILE.read_text(encoding="utf-8")
BAD = "[tickets"


def titled(title: str) -> str:
    return DEFAULT.replace("Kaizen tickets", title)


class Parameter:
    """A parameter with its versions, oldest first; `down` makes every call fail."""

    def __init__(self, *versions: str) -> None:
        self.versions = list(versions)
        self.down = self.history_down = False
        self.reads = 0
        self.now = 0.0
        self.store = PolicyStore(self.read, self.history, lambda: DEFAULT, lambda: self.now)

    def read(self) -> str:
        self.reads += 1
        if self.down:
            raise SecretError("down")
        if not self.versions:
            raise SecretMissingError("missing")
        return self.versions[-1]

    def history(self) -> list[str]:
        if self.down or self.history_down:
            raise SecretError("down")
        return self.versions[::-1]

    def title(self) -> str:
        return self.store.current().feed.title


def test_the_parameter_replaces_the_default() -> None:
    parameter = Parameter(titled("ours"))
    assert parameter.title() == "ours"
    assert not parameter.store.refused


def test_a_text_is_parsed_once() -> None:
    store = Parameter(titled("ours")).store
    assert store.current() is store.current()


def test_without_a_parameter_the_default_holds_and_the_store_is_asked_once_in_a_while() -> None:
    parameter = Parameter()
    assert [parameter.title() for _ in range(3)] == ["Kaizen tickets"] * 3
    assert parameter.reads == 1
    parameter.versions.append(titled("ours"))
    parameter.now = CACHE_SECONDS
    assert parameter.title() == "ours"


def test_a_refused_policy_leaves_the_last_one_in_force() -> None:
    parameter = Parameter(titled("ours"))
    assert parameter.title() == "ours"
    parameter.versions.append(BAD)
    assert parameter.title() == "ours"
    assert parameter.store.refused
    parameter.versions.append(titled("mended"))
    assert parameter.title() == "mended"
    assert not parameter.store.refused


def test_a_new_process_finds_the_last_good_one_in_the_history() -> None:
    parameter = Parameter(titled("first"), titled("second"), BAD, BAD)
    assert parameter.title() == "second"
    assert parameter.store.refused


def test_an_old_process_that_missed_a_version_finds_it_too() -> None:
    parameter = Parameter(titled("first"))
    parameter.store.current()
    parameter.versions += [titled("second"), BAD]
    assert parameter.title() == "second"


def test_with_no_good_version_at_all_the_default_holds() -> None:
    parameter = Parameter(BAD)
    assert parameter.title() == "Kaizen tickets"
    assert parameter.store.refused


def test_while_the_history_cannot_be_read_memory_serves() -> None:
    parameter = Parameter(titled("ours"))
    parameter.store.current()
    parameter.versions.append(BAD)
    parameter.history_down = True
    assert parameter.title() == "ours"


def test_a_parameter_that_is_gone_gives_the_default() -> None:
    parameter = Parameter(titled("ours"))
    parameter.store.current()
    parameter.versions.clear()
    assert parameter.title() == "Kaizen tickets"


def test_when_the_store_is_down_the_last_one_stays() -> None:
    parameter = Parameter(titled("ours"))
    parameter.store.current()
    parameter.down = True
    assert parameter.title() == "ours"


@pytest.mark.parametrize(("versions", "down"), [([titled("ours")], "down"), ([titled("ours"), BAD], "history_down")])
def test_when_nothing_is_known_the_default_is_no_substitute(versions: list[str], down: str) -> None:
    """A retry may bring the true policy; deciding by another one would book tickets under wrong labels for good."""
    parameter = Parameter(*versions)
    setattr(parameter, down, True)
    with pytest.raises(SecretError):
        parameter.store.current()
    setattr(parameter, down, False)
    assert parameter.title() == "ours"
