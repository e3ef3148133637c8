"""What the system does when something is wrong: nothing is lost, and nothing looks fine that is not."""

import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from kaizen.github.signatures import signature
from local import paths
from local.errors import LocalError
from local.lambda_.emulator import INSIDE, Emulator
from local.stack import Stack
from tests.factories import issue_event
from tests.stack.http import send


def test_a_poison_message_goes_to_the_dead_letter_queue_alone(fresh_stack: Stack) -> None:
    sqs = fresh_stack.aws.client("sqs")
    urls = {url.rpartition("/")[2]: url for url in sqs.list_queues()["QueueUrls"]}
    queue = next(url for name, url in urls.items() if "TicketQueue" in name)
    dead = next(url for name, url in urls.items() if "TicketDeadLetterQueue" in name)
    good = [issue_event(issue_id=900 + n, delivery_id=f"good-{n}", action="opened") for n in range(4)]
    for index, event in enumerate(good):
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"detail": event.detail()}))
        if index == 1:
            sqs.send_message(QueueUrl=queue, MessageBody='{"detail": {"version": 1, "poison": true}}')
    deadline = time.monotonic() + 300
    letters: list[str] = []
    while not letters and time.monotonic() < deadline:
        letters = [each["Body"] for each in sqs.receive_message(QueueUrl=dead).get("Messages", [])]
        time.sleep(0.2)
    assert letters == ['{"detail": {"version": 1, "poison": true}}']
    fresh_stack.drain()
    table = fresh_stack.aws.environments["TicketTracker"]["TICKETS_TABLE"]
    client = fresh_stack.aws.client("dynamodb")
    for event in good:
        key = {"pk": {"S": f"ticket#{event.issue_id}"}, "sk": {"S": "ticket"}}
        assert "Item" in client.get_item(TableName=table, Key=key)


def lost(stack: Stack, function: str, log: Path) -> Emulator:
    """The function with an AWS that does not answer."""
    environment = stack.functions()[function]._environment | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    return Emulator(stack.template.functions[function], environment, log)


def request(method: str, path: str, body: str = "", **headers: str) -> dict[str, object]:
    return {
        "version": "2.0",
        "rawPath": path,
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        "requestContext": {"http": {"method": method, "path": path}, "requestId": "r"},
        "body": body,
        "isBase64Encoded": False,
    }


def test_without_its_stores_every_door_answers_503(fresh_stack: Stack, tmp_path: Path) -> None:
    calls = {
        "MetricsExporter": request("GET", "/metrics", authorization="Bearer x"),
        "TicketFeed": request("GET", "/feed.rss", host="localhost"),
        "GithubWebhook": request("POST", "/github/webhook", "{}", x_hub_signature_256=signature(b"{}", "x")),
    }
    for function, event in calls.items():
        emulator = lost(fresh_stack, function, tmp_path / f"{function}.log")
        try:
            answer = emulator.invoke(event)
        finally:
            emulator.stop()
        assert answer.error == ""
        assert answer.payload["statusCode"] == 503, (function, answer.payload)


def made(stack: Stack, folder: Path, source: str, timeout: int) -> Emulator:
    """A function of this source."""
    folder.mkdir()
    (folder / "made.py").write_text(source)
    functions = stack.template.functions
    spec = replace(functions["MetricsExporter"], timeout=timeout, handler="made.lambda_handler", layers=())
    return Emulator(spec, {"PYTHONPATH": f"{folder}:{paths.RUNTIME}:{INSIDE}"}, folder / "made.log")


def test_a_function_that_takes_too_long_is_ended(fresh_stack: Stack, tmp_path: Path) -> None:
    source = "import time\n\ndef lambda_handler(event, context):\n    time.sleep(event['seconds'])\n    return 'here'\n"
    emulator = made(fresh_stack, tmp_path / "functions", source, 3)
    try:
        assert "timed out" in emulator.invoke({"seconds": 30}).error.lower()
        assert emulator.invoke({"seconds": 0}).payload == "here"
    finally:
        emulator.stop()


def test_initialising_does_not_count_as_the_calls_time(fresh_stack: Stack, tmp_path: Path) -> None:
    """An exporter that took 8.6 s to start once answered its first scrape with "Task timed out"."""
    source = "import time\ntime.sleep(5)\n\ndef lambda_handler(event, context):\n    return event['n']\n"
    emulator = made(fresh_stack, tmp_path / "functions", source, 3)
    try:
        assert emulator.invoke({"n": 7}).payload == 7
    finally:
        emulator.stop()


def test_a_killed_process_costs_one_answer_at_most(fresh_stack: Stack, tmp_path: Path) -> None:
    source = "import os\n\ndef lambda_handler(event, context):\n    return os.getpid()\n"
    emulator = made(fresh_stack, tmp_path / "functions", source, 30)
    try:
        os.kill(emulator.invoke({}).payload, signal.SIGKILL)
        answers = [emulator.invoke({}) for _ in range(4)]
        assert [bool(each.error) for each in answers].count(True) <= 1
        assert not answers[-1].error
        assert emulator._process is not None
        os.kill(emulator._process.pid, signal.SIGKILL)  # the emulator itself
        assert sum(refused(emulator) for _ in range(4)) <= 1
    finally:
        emulator.stop()


def refused(emulator: Emulator) -> bool:
    try:
        return bool(emulator.invoke({}).error)
    except LocalError:
        return True


def test_a_handler_that_cannot_be_imported_says_why(fresh_stack: Stack, tmp_path: Path) -> None:
    emulator = made(fresh_stack, tmp_path / "functions", "import a_module_that_is_not_there\n", 30)
    try:
        assert "a_module_that_is_not_there" in emulator.invoke({}).error
    finally:
        emulator.stop()


def test_a_function_sees_its_own_settings_alone(fresh_stack: Stack) -> None:
    send("GET", f"{fresh_stack.addresses.api}/feed.rss")
    own = set(fresh_stack.template.functions["TicketFeed"].environment)
    others = {name for each in fresh_stack.template.functions.values() for name in each.environment} - own
    process = fresh_stack.functions()["TicketFeed"]._process
    assert process is not None
    content = Path(f"/proc/{process.pid}/environ").read_bytes().decode()
    names = {entry.partition("=")[0] for entry in content.split("\0") if entry}
    assert own <= names
    assert not others & names


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"x" * 4_800_000, "application/x-www-form-urlencoded", 413),  # in base64 it is a third longer
        (b'"' * 3_300_000, "application/json", 413),  # and each of these is two characters in the event
        ("é".encode() * 1_900_000, "application/json", 401),  # but this is one, of two bytes
        (b"x" * 4_300_000, "application/json", 413),  # which the function itself refuses, and counts
    ],
)
def test_a_body_that_lambda_cannot_take_is_no_server_error(
    fresh_stack: Stack, body: bytes, content_type: str, status: int
) -> None:
    address = f"{fresh_stack.addresses.api}/github/webhook"
    headers = {"Content_Type": content_type, "X_GitHub_Event": "issues", "X_GitHub_Delivery": "large"}
    assert send("POST", address, body, **headers).status == status
