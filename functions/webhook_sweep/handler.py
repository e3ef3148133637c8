"""Schedule -> deliveries that never arrived are asked for again, or issues are compared with tickets."""

import os
from functools import cache
from typing import Any

from kaizen.metrics.catalogue.webhook import KINDS
from kaizen.metrics.changes import Change, add, set_gauge
from kaizen.metrics.counting import count
from kaizen.policy.store import current_policy
from kaizen.runtime.clients import client
from kaizen.runtime.functions import background_function
from kaizen.runtime.log import logger
from kaizen.times import utc_now
from webhook_sweep.parts import LIMITS, SweepSettings, sweep
from webhook_sweep.request import Part, read_event
from webhook_sweep.sweep import Outcome, SweepFailedError


@cache
def settings() -> SweepSettings:
    return SweepSettings.from_env(os.environ)


def booked(part: Part, outcome: Outcome) -> list[Change]:
    """What a run adds to the figures; it has succeeded only where it looked at everything."""
    changes = [add("kaizen_sweep_redeliveries_total", {}, len(outcome.again))] if outcome.again else []
    for kind in ("missed", "changed", "gone"):
        if number := sum(each.kind == kind for each in outcome.repairs):
            changes.append(add("kaizen_sweep_repairs_total", {"kind": kind}, number))
    if outcome.faults:
        return changes
    if part == "deliveries":
        changes.append(set_gauge("kaizen_sweep_deliveries_lost", {}, len(outcome.lost)))
    return [
        *changes,
        set_gauge("kaizen_sweep_last_success_timestamp_seconds", {"part": part}, int(utc_now().timestamp())),
    ]


@background_function
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What was found. Raises SweepFailedError at the end, naming each hook or repository that was not looked at."""
    given, wanted = settings(), read_event(event)
    policy = current_policy(given.policy_parameter)
    named = policy.sweep.hooks if wanted.part == "deliveries" else policy.sweep.repositories
    if not named:
        return {"swept": 0}
    dry_run = wanted.dry_run or policy.sweep.dry_run
    run = sweep(given, policy, lambda: context.get_remaining_time_in_millis() / 1000, dry_run=dry_run)
    outcome = run.deliveries(KINDS) if wanted.part == "deliveries" else run.issues()
    logger.info("swept", part=wanted.part, dry_run=dry_run, **outcome.log())
    if not dry_run:
        count(client("dynamodb", LIMITS), given.metrics_table, booked(wanted.part, outcome), utc_now())
    if outcome.faults:
        raise SweepFailedError("; ".join(outcome.faults))
    return {"swept": len(named), "dry_run": dry_run} | outcome.log()
