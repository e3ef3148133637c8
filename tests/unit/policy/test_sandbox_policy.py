"""[sandboxes]: what would let a sandbox in use be taken for idle is refused."""

import pytest

from kaizen.policy import PolicyError, parse
from kaizen.policy.store import DEFAULT_FILE

DEFAULT = DEFAULT_FILE.read_text(encoding="utf-8")


def problems(section: str) -> str:
    with pytest.raises(PolicyError) as caught:
        parse(f"{DEFAULT}\n[sandboxes]\n{section}\n")
    return str(caught.value)


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        ('lag = "24h"', "sandboxes.lag: is longer than half of grace"),
        ('lag = "901s"', "sandboxes.lag: is longer than half of grace"),
        ('grace = "2h"\nlag = "3601s"', "sandboxes.lag: is longer than half of grace"),
        ('matchers = "cluster"', "sandboxes.matchers: is not a table"),
        ('[sandboxes.matchers]\nnamespace = "shop"', "sandboxes.matchers.namespace: is no label"),
        ('[sandboxes.matchers]\n"a-b" = "c"', "sandboxes.matchers.a-b: is no label"),
        ("[sandboxes.matchers]\ncluster = '\"} or vector(1) #'", "sandboxes.matchers.cluster: is not a value"),
        ('[sandboxes.matchers]\ncluster = ""', "sandboxes.matchers.cluster: is not a value"),
        ("[sandboxes.matchers]\n" + "\n".join(f'l{each} = "x"' for each in range(9)), "has more than 8 labels"),
    ],
)
def test_each_fault_is_named(section: str, fault: str) -> None:
    assert fault in problems(section)


def test_matchers_and_the_longest_lag_are_read() -> None:
    section = 'grace = "2h"\nlag = "1h"\n[sandboxes.matchers]\ncluster = "eu-1"\njob = "kubelet/0"\n'
    found = parse(f"{DEFAULT}\n[sandboxes]\n{section}").sandboxes
    assert (found.lag, dict(found.matchers)) == (3600, {"cluster": "eu-1", "job": "kubelet/0"})
