"""Every five minutes a whole run, and one sandbox at once where its owner asks for it; never two runs together."""

import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from kaizen.policy.sections.sandboxes import SandboxPolicy, below_floors
from kaizen.policy.store import current_policy
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.functions import background_function
from kaizen.runtime.log import logger
from kaizen.times import utc_now
from sandbox_reaper import parts, report
from sandbox_reaper.board import SlackBoard
from sandbox_reaper.fleet import remembered
from sandbox_reaper.outcome import Outcome
from sandbox_reaper.parts import ReaperSettings
from sandbox_reaper.replay import words
from sandbox_reaper.request import Wanted, read_event
from sandbox_reaper.store import SandboxStore

_LIMITS = Limits(connect=2, read=10, attempts=4)
_WAIT, _PAUSE = 20, 1.0  # seconds that one sandbox waits for a run to end
_LOCAL = "local"  # the stage on one machine


class FailedError(Exception):
    """Something of the run failed, and the rest was done. The next run, within five minutes, tries again."""


class TooShortError(Exception):
    """The policy leaves owners too little time. Permanent: mend its [sandboxes]."""


@cache
def settings() -> ReaperSettings:
    return ReaperSettings.from_env(os.environ)


@cache
def store() -> SandboxStore:
    return SandboxStore(client("dynamodb", _LIMITS), settings().sandboxes_table, settings().metrics_table)


def ran(wanted: Wanted, policy: SandboxPolicy, context: Any) -> Outcome:
    """One run with its figures and its report. Raises BackendError where the list of sandboxes cannot be read."""
    whole = context.get_remaining_time_in_millis()
    shown = parts.board(settings(), client("dynamodb", _LIMITS))
    run = parts.run(
        settings(), policy, store(), shown, time.sleep, lambda: context.get_remaining_time_in_millis() / whole
    )
    done = run.go(wanted.uid)
    if not wanted.uid:
        concluded(done, policy, shown)
    store().keep_decisions(done, policy)
    return done


def concluded(done: Outcome, policy: SandboxPolicy, shown: SlackBoard) -> None:
    """What only a whole run can say: the report of a dry run, the usual idle share, gauges."""
    if policy.mode == "dry-run" and policy.channel is not None and done.visits:
        try:
            shown.report(f"report/{done.at:%Y-%m-%d}", report.message(done, policy), policy.channel)
        except Exception as error:  # noqa: BLE001 - raised with the others at the end
            done.faults.append(error)
    if not done.source:
        store().remember(remembered(done.at, store().history(), done.idle, done.alive))
    store().set(report.gauges(done), utc_now())


def alone(wanted: Wanted, context: Any) -> dict[str, Any]:
    """A run that no other one is beside. Raises FailedError at its end, BackendError at its beginning."""
    policy = current_policy(settings().policy_parameter).sandboxes
    if wanted.rehearsal:
        policy = replace(policy, mode="dry-run")
    if settings().kubernetes_url is None and settings().eks_cluster is None:
        return {"left_out": "neither KubernetesUrl nor EksCluster is set"}
    if (short := below_floors(policy)) and settings().stage != _LOCAL:
        raise TooShortError(f"[sandboxes] {', '.join(short)}: too short for anybody to answer in")
    owner = uuid.uuid4().hex
    until = time.monotonic() + (_WAIT if wanted.uid else 0)
    while not store().begin(owner, utc_now(), parts.LEASE):
        if time.monotonic() >= until:
            return {"left_out": "another run is under way"}
        time.sleep(_PAUSE)
    try:
        done = ran(wanted, policy, context)
    except Exception as error:
        store().count(report.failed(error), utc_now())
        raise
    finally:
        store().end(owner)
    store().count(report.counts(done), utc_now())
    said: dict[str, Any] = {"sandboxes": len(done.visits), "stops": done.stops["stopped"], "resumes": done.resumes}
    said |= {"idle": done.idle, "postponed": done.postponed, "held": done.held}
    logger.info("run", result=said)
    if done.faults:
        raise FailedError(report.told(done.faults)) from ExceptionGroup("sandboxes", done.faults)
    return said


@background_function
def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """`{"do": "run"}` from the schedule, or `rehearse` by hand, which raise where something failed; or messages, each a
    sandbox to be looked at now, of which the failed ones go back."""
    wanted = read_event(event)
    if not any(each.message for each in wanted):
        return alone(wanted[0], context)
    failed = []
    for each in wanted:
        try:
            alone(each, context)
        except Exception as error:  # noqa: BLE001 - one message must not fail its neighbours
            logger.exception("sandbox not seen to", message_id=each.message, error=type(error).__name__)
            failed.append({"itemIdentifier": each.message})
    return {"batchItemFailures": failed}


def explained(sandbox: str, run: str) -> str:
    """For the command line: the decisions of a run about a sandbox, by uid or name; empty where none is kept."""
    table = SandboxStore(client("dynamodb", _LIMITS), os.environ["SANDBOXES_TABLE"], "")
    uids = [each.uid for each in table.rows().values() if each.name == sandbox] or [sandbox]
    asked = run.replace("-", "").replace(":", "")
    found = table.decision(uids[0], asked)
    return words(*found, asked) if found is not None else ""
