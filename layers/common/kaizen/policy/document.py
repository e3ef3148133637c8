"""The policy's TOML text, read and checked; every fault is named with its place. Pure."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import fields

from kaizen.policy.model import Policy
from kaizen.policy.reader import Table
from kaizen.policy.sections import (
    bandwidth,
    canary,
    cards,
    cors,
    dashboard_diff,
    dashboard_snapshot,
    feed,
    routes,
    rule_lint,
    sandboxes,
    streams,
    sweep,
    tickets,
)


class PolicyError(Exception):
    """The text is no valid policy; `problems` names every fault, each with its place."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


def parse(given: str) -> Policy:
    """The policy of a TOML text. Raises PolicyError naming every fault."""
    try:
        file = Table(tomllib.loads(given))
    except (ValueError, RecursionError) as error:  # also a number of thousands of digits, or brackets by the thousand
        raise PolicyError([f"not valid TOML: {error}"]) from error
    policy = _read(file)
    file.problems.extend(_contradictions(policy))
    if file.problems:
        raise PolicyError(file.problems)
    return policy


def _read(file: Table) -> Policy:
    """A line for each section."""
    rules = tickets.read(file)
    policy = Policy(
        **{each.name: getattr(rules, each.name) for each in fields(rules)},
        routes=routes.read(file),
        feed=feed.read(file),
        streams=streams.read(file),
        canary=canary.read(file),
        bandwidth=bandwidth.read(file),
        rule_lint=rule_lint.read(file),
        dashboard_diff=dashboard_diff.read(file),
        dashboard_snapshot=dashboard_snapshot.read(file),
        sandboxes=sandboxes.read(file),
        sweep=sweep.read(file),
        cards=cards.read(file),
        cors=cors.read(file),
    )
    file.close()
    return policy


def _contradictions(policy: Policy) -> Iterator[str]:
    """Faults between parts that are each well-formed; a line for each section that has such."""
    yield from tickets.contradictions(policy)
    yield from routes.contradictions(policy.routes, policy)
    yield from streams.contradictions(policy.streams)
    yield from canary.contradictions(policy.canary)
    yield from cards.contradictions(policy.cards)
    yield from rule_lint.contradictions(policy.rule_lint)
    yield from dashboard_diff.contradictions(policy.dashboard_diff)
    yield from sandboxes.contradictions(policy.sandboxes)
    yield from cors.contradictions(policy.cors)
