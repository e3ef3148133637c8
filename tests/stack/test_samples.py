"""The sample events of `events/`: one per function, `<function>.<door>` for another, each accepted by the function."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kaizen.github.signatures import signature
from kaizen.slack import requests as slack
from kaizen.times import format_instant, utc_now
from local import paths
from local.outside.github.service import GithubService
from local.outside.slack.service import Slack
from local.stack import Stack
from sandbox_actions import busy

# The frames of the downsampler's sample are those that phase_ingest takes in its own: that one goes first.
SAMPLES = sorted((paths.ROOT / "events").glob("*.json"), key=lambda path: (path.stem == "phase_downsampler", path))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_sample_event(stack: Stack, sample) -> None:  # type: ignore[no-untyped-def]
    (function,) = [
        each.name for each in stack.template.functions.values() if each.handler.startswith(f"{feature_of(sample)}.")
    ]
    event = json.loads(sample.read_text(encoding="utf-8"))
    dead = stack.queues.dead()
    headers = event.get("headers", {})
    if "authorization" in headers:
        kind = {"phase_ingest": "producer", "canary_alerts": "alerts"}.get(sample.stem, "metrics")
        token = stack.secrets[kind]
        headers["authorization"] = f"Bearer {token}"
    body = event.get("body", "")
    if sample.stem == "sandbox_actions.busy":
        uid = event["pathParameters"]["uid"]
        headers["authorization"] = f"Bearer {busy.token(uid, stack.secrets['busy'])}"
        body = event["body"] = json.dumps({"until": format_instant(utc_now() + timedelta(hours=1))})
    raw = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    if "x-hub-signature-256" in headers:
        headers["x-hub-signature-256"] = signature(raw, stack.secrets["webhook"])
    if slack.SIGNATURE_HEADER in headers:
        stamp = str(int(utc_now().timestamp()))
        signed = slack.signature(stamp, raw, stack.outside.of(Slack).signing_secret)
        headers |= {slack.TIMESTAMP_HEADER: stamp, slack.SIGNATURE_HEADER: signed}
    open_pull_requests(stack, event)
    answer = stack.invoke(function, event)
    assert answer.error == ""
    if isinstance(answer.payload, dict) and "statusCode" in answer.payload:
        assert answer.payload["statusCode"] in (200, 202), answer.payload
    if isinstance(answer.payload, dict) and "batchItemFailures" in answer.payload:
        assert answer.payload["batchItemFailures"] == []
    assert stack.queues.dead() == dead


def feature_of(sample: Path) -> str:
    return sample.stem.partition(".")[0]


def open_pull_requests(stack: Stack, event: dict[str, Any]) -> None:
    """Those that a sample tells of, so that GitHub knows them, too."""
    for record in event.get("Records", []):
        envelope = json.loads(record["body"]) if record.get("eventSource") == "aws:sqs" else {}
        if envelope.get("detail-type") == "github.pull_request":
            detail = envelope["detail"]
            repository = stack.outside.of(GithubService).world.repository(detail["repository"])
            made = repository.pulls.pop(repository.pull_request(detail["title"], {"README.md": "# Ledger\n\nMore.\n"}))
            repository.pulls[detail["number"]] = replace(made, number=detail["number"])


def test_every_function_has_a_sample(stack: Stack) -> None:
    features = {each.handler.partition(".")[0] for each in stack.template.functions.values()}
    assert features == {feature_of(sample) for sample in SAMPLES}
