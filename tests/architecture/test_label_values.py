"""Every label value that code books is exported at 0 before: the lists of the catalogue equal what the code can say.

The guard in the root conftest.py sees what tests book; here, the values are read from the code itself.
"""

import ast
from collections.abc import Callable, Iterator
from typing import get_args

import pytest

from dashboard_diff.review import Result as DiffResult
from dashboard_snapshot.comparing import Source
from dashboard_snapshot.drift import KINDS
from dashboard_snapshot.model import Outcome
from github_webhook.intake import KNOWN_EVENTS
from kaizen.metrics.catalogue import CATALOGUE
from kaizen.phase.negotiation import Verdict
from phase_stream.plan import Resync
from rule_lint import checks
from rule_lint.review import Result as LintResult
from sandbox_reaper.decision import Held
from sandbox_reaper.state import State
from slack_commands.request import VERBS
from slack_interactions.intake import Result as InteractionResult
from tests.architecture.house import function_modules, layer_modules


def _tree(module: str) -> ast.Module:
    (found,) = [each.tree for each in (*function_modules(), *layer_modules()) if each.name == module]
    return found


def _texts(node: ast.AST | None) -> Iterator[str]:
    """The texts that an expression may be: a constant, or either side of a choice."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from (*_texts(one), *_texts(other))


def given(module: str, function: str, place: int) -> set[str]:
    """The texts that a module hands to a function as its argument at a place, whatever object it is called on."""
    calls = [each for each in ast.walk(_tree(module)) if isinstance(each, ast.Call)]
    named = [each for each in calls if getattr(each.func, "attr", getattr(each.func, "id", "")) == function]
    return {text for each in named if len(each.args) > place for text in _texts(each.args[place])}


def assigned(module: str, name: str) -> set[str]:
    """The texts that a module gives to a variable."""
    found = [each for each in ast.walk(_tree(module)) if isinstance(each, ast.Assign)]
    return {
        text
        for each in found
        if any(isinstance(target, ast.Name) and target.id == name for target in each.targets)
        for text in _texts(each.value)
    }


def returned(module: str, function: str) -> set[str]:
    (found,) = [each for each in ast.walk(_tree(module)) if isinstance(each, ast.FunctionDef) and each.name == function]
    return {text for each in ast.walk(found) if isinstance(each, ast.Return) for text in _texts(each.value)}


def keys(module: str, name: str) -> set[str]:
    """The keys of the dictionary that a module gives to a variable."""
    found = [each for each in ast.walk(_tree(module)) if isinstance(each, ast.Assign)]
    return {
        text
        for each in found
        if isinstance(each.value, ast.Dict) and any(getattr(target, "id", "") == name for target in each.targets)
        for key in each.value.keys
        for text in _texts(key)
    }


def booked(metric: str, label: str) -> set[str]:
    """The texts that any module writes beside a label of a metric: `add("metric", {"label": "text"})`."""
    return {
        text
        for module in (*function_modules(), *layer_modules())
        for call in ast.walk(module.tree)
        if isinstance(call, ast.Call) and len(call.args) > 1 and metric in _texts(call.args[0])
        if isinstance(call.args[1], ast.Dict)
        for key, value in zip(call.args[1].keys, call.args[1].values, strict=True)
        if label in _texts(key)
        for text in _texts(value)
    }


def _decisions() -> set[str]:
    """Why the reaper decides as it does: said in its decisions, or by what holds it."""
    module = "sandbox_reaper.decision"
    said = given(module, "_to", 2) | given(module, "_stay", 1) | given(module, "_claim", 3) | given(module, "_void", 1)
    said |= given(module, "Decision", 2) | assigned(module, "why") | set(get_args(Held)) - {""}
    loops = [each.iter for each in ast.walk(_tree(module)) if isinstance(each, ast.For)]
    rows = [row for each in loops if isinstance(each, ast.Tuple) for row in each.elts if isinstance(row, ast.Tuple)]
    return said | {text for row in rows for text in _texts(row.elts[2])}


READ: dict[tuple[str, str], Callable[[], set[str]]] = {
    ("kaizen_slack_requests_total", "method"): lambda: (
        given("kaizen.slack.client", "_call", 0) | assigned("kaizen.slack.client", "method") | {"webhook"}
    ),
    ("kaizen_sandbox_decisions_total", "reason"): lambda: (
        _decisions() | {"dry_run", "switched_off", "breaker", "guarded"}
    ),
    ("kaizen_sandbox_errors_total", "cause"): lambda: (
        returned("sandbox_reaper.report", "cause") | given("sandbox_reaper.run", "BlockedError", 0)
    ),
    ("kaizen_sandboxes", "state"): lambda: set(get_args(State)),
    ("kaizen_sandbox_presses_total", "result"): lambda: assigned("sandbox_actions.handler", "counted"),
    ("kaizen_sandbox_beats_total", "result"): lambda: given("sandbox_actions.handler", "count_beat", 0),
    ("kaizen_canary_presses_total", "result"): lambda: assigned("canary_monitor.handler", "counted"),
    ("kaizen_slack_commands_total", "command"): lambda: {*VERBS, *given("slack_commands.handler", "count", 0)},
    ("kaizen_slack_commands_total", "result"): lambda: given("slack_commands.handler", "count", 1),
    ("kaizen_cards_total", "result"): lambda: keys("ticket_cards.handler", "counted"),
    ("kaizen_slack_interactions_total", "result"): lambda: set(get_args(InteractionResult)),
    ("kaizen_webhook_deliveries_total", "event"): lambda: {*KNOWN_EVENTS, "other"},
    ("kaizen_rule_lint_reviews_total", "result"): lambda: {*get_args(LintResult), "off", "failed"},
    ("kaizen_rule_lint_findings_total", "check"): lambda: {each.name for each in checks.ALL},
    ("kaizen_dashboard_diff_reviews_total", "result"): lambda: {*get_args(DiffResult), "off", "failed"},
    ("kaizen_dashboard_snapshot_runs_total", "outcome"): lambda: set(get_args(Outcome)),
    ("kaizen_dashboard_snapshot_edits_total", "source"): lambda: set(get_args(Source)),
    ("kaizen_dashboard_snapshot_drifted", "class"): lambda: {str(each) for each in KINDS} - {"same"},
    ("kaizen_observations_rejected_total", "reason"): lambda: booked("kaizen_observations_rejected_total", "reason"),
    ("phase_handshakes_total", "verdict"): lambda: set(Verdict),
    ("phase_resync_total", "reason"): lambda: {each.value for each in Resync if each is not Resync.NONE},
}


@pytest.mark.parametrize(("metric", "label"), READ)
def test_the_catalogue_lists_what_the_code_says(metric: str, label: str) -> None:
    assert set(CATALOGUE[metric].values[label]) == READ[metric, label]()


def test_the_reading_sees_a_value_that_is_taken_out() -> None:
    assert {"cap", "other"} <= READ["kaizen_sandbox_errors_total", "cause"]()
    assert {"exempt", "flapping", "notice_again"} <= _decisions()
