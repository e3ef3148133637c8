"""The whole reaper over AWS, Slack, Kubernetes and Prometheus in their doubles."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from kaizen.slack.blocks import Message
from kaizen.slack.client import Bot
from kaizen.slack.errors import refused
from local.outside.kubernetes import kinds
from sandbox_actions import busy
from sandbox_reaper import handler
from sandbox_reaper.handler import FailedError, TooShortError, explained
from sandbox_reaper.replay import run_of
from sandbox_reaper.request import RequestError
from sandbox_reaper.store import OvertakenError
from tests.contract.sandboxes.reaper_world import CONTEXT, OWNER, SECTION, SWITCH, ReaperWorld, reaper_world
from tests.unit.sandboxes.sandbox_world import LIVE, idle_figures


@pytest.fixture
def world() -> Iterator[ReaperWorld]:
    with reaper_world() as made:
        yield made


def told(world: ReaperWorld, name: str = "shop", owner: str = OWNER) -> None:
    """An idle sandbox whose owner has been told."""
    world.sandbox(name, owner)
    world.later(days=1)
    world.run()


def test_told_stopped_and_resumed(world: ReaperWorld) -> None:
    told(world)
    message = world.message("will be stopped")
    assert message["channel"] == "D0OWNER1"
    assert list(world.buttons(message)) == ["keep_4h", "keep_24h", "stop", "why"]
    for _ in range(6):
        world.later(minutes=5)
        world.run()
    assert world.sizes("shop") == {"web": 2, "db": 1}
    world.later(minutes=5)
    assert world.run()["stops"] == 1
    assert world.sizes("shop") == {"web": 0, "db": 0}
    stopped = world.message("was stopped")
    assert (stopped["ts"], list(world.buttons(stopped))) == (message["ts"], ["resume", "why"])
    world.later(hours=1)
    assert world.press(stopped, "resume") == {"batchItemFailures": []}
    assert world.woken() == [{"batchItemFailures": []}]
    assert world.sizes("shop") == {"web": 2, "db": 1}
    assert world.message("is back as it was")["ts"] == message["ts"]
    assert world.metric("kaizen_sandbox_stops_total") == {'["stopped"]': 1}
    assert world.metric("kaizen_sandbox_resumes_total") == {"[]": 1}
    assert world.metric("kaizen_sandbox_reclaimed_core_seconds_total")["[]"] == pytest.approx(0.75 * 3600, abs=5)
    assert world.slack.refused == []


def test_a_dry_run_is_one_message_a_day_and_writes_nothing(world: ReaperWorld) -> None:
    world.policy(SECTION.replace("live", "dry-run"))
    told(world)
    for _ in range(3):
        world.later(minutes=5)
        world.run()
    (message,) = world.slack.listed()
    assert "would stop 1 of 1" in message["text"]
    assert "0.8 cores, 0.8 GiB" in json.dumps(message["blocks"])
    assert world.metric("kaizen_sandbox_would_stop") == {"[]": 1}
    assert world.metric("kaizen_sandbox_would_stop_cores") == {"[]": 0.75}
    world.later(days=2)
    world.run()
    assert world.sizes("shop") == {"web": 2, "db": 1}


def test_kept_by_its_owner_and_by_nobody_else(world: ReaperWorld) -> None:
    told(world)
    message = world.message("will be stopped")
    world.press(message, "keep_4h", user="U0OTHER0")
    world.press(message, "keep_4h", user="U0OTHER0")
    (answer,) = [each for each in world.slack.listed() if each.get("thread_ts")]
    assert "<@U0OTHER0>, that press does not count: only <@U0OWNER1>" in answer["text"]
    world.press(message, "keep_4h", value="k1.forged.forged")
    world.press(message, "keep_4h", channel_id="D0OTHER0")
    assert world.woken() == []
    world.press(message, "keep_4h")
    world.press(message, "keep_4h")  # the same press once more
    assert world.woken() == [{"batchItemFailures": []}] * 2
    assert world.message("is kept until")["ts"] == message["ts"]
    assert world.metric("kaizen_sandbox_presses_total") == {'["refused"]': 4, '["taken"]': 2}
    world.later(hours=3)
    world.run()
    assert world.sizes("shop") == {"web": 2, "db": 1}


def test_stop_now_stops_with_the_second_reading(world: ReaperWorld) -> None:
    told(world)
    world.press(world.message("will be stopped"), "stop")
    world.woken()
    assert world.sizes("shop") == {"web": 2, "db": 1}
    world.message("is about to be stopped")
    world.later(minutes=5)
    world.run()
    assert world.sizes("shop") == {"web": 0, "db": 0}


def test_why_answers_in_the_thread(world: ReaperWorld) -> None:
    told(world)
    message = world.message("will be stopped")
    world.press(message, "why")
    (answer,) = [each for each in world.slack.listed() if each.get("thread_ts")]
    assert answer["thread_ts"] == message["ts"]
    assert "CPU 0 of 0.03 cores" in answer["text"]
    assert world.woken() == []


def test_a_sandbox_without_an_owner_is_told_of_in_the_channel(world: ReaperWorld) -> None:
    told(world, owner="")
    message = world.message("will be stopped")
    assert message["channel"] == "C0SANDBOXES"
    assert list(world.buttons(message)) == ["keep_4h", "keep_24h", "why"]
    world.press(message, "keep_24h", user="U0ANYONE")
    world.woken()
    world.message("is kept until")


@pytest.mark.parametrize("trouble", ["scalar", "warnings", "partial", "html", "503", "401", "timeout"])
@pytest.mark.parametrize("place", [0, 9])
def test_odd_answers_of_prometheus_stop_nobody_and_are_told(world: ReaperWorld, trouble: str, place: int) -> None:
    """At any of the questions, also where the deadline has passed."""
    told(world)
    world.later(minutes=40)
    world.prometheus.trouble(*["infos"] * place, trouble)
    with pytest.raises(FailedError, match="Prometheus"):
        world.run()
    assert world.metric("kaizen_sandbox_errors_total") == {'["prometheus"]': 1}
    assert world.sizes("shop") == {"web": 2, "db": 1}


def half(world: ReaperWorld) -> None:
    world.figures["dark"].clear()


ODD: dict[str, Callable[[ReaperWorld], None]] = {
    "empty vectors": lambda world: world.prometheus.trouble(*["empty"] * 40),
    "one empty vector": lambda world: world.prometheus.trouble("empty"),
    "scalar": lambda world: world.prometheus.trouble("scalar"),
    "warnings": lambda world: world.prometheus.trouble("warnings"),
    "html": lambda world: world.prometheus.trouble("html"),
    "503": lambda world: world.prometheus.trouble(*["503"] * 40),
    "half the fleet": half,
    "nothing": lambda world: world.unplug(),
}


@pytest.mark.parametrize("odd", ODD)
def test_each_odd_prometheus_stops_nobody_and_raises_an_alert(world: ReaperWorld, odd: str) -> None:
    """Either the run fails, which its dead-letter alarm tells; or SandboxUsageUnknown fires for what it measured."""
    world.sandbox("dark")
    told(world, "shop", "U0OTHER1")
    world.later(minutes=40)
    ODD[odd](world)
    try:
        world.run()
    except FailedError as error:
        assert "Prometheus" in str(error)  # noqa: PT017 - one of two ways to be told
        assert world.metric("kaizen_sandbox_errors_total") == {'["prometheus"]': 1}
    else:
        states = world.metric("kaizen_sandboxes")
        could = sum(number for state, number in states.items() if state not in ('["STOPPED"]', '["EXEMPT"]'))
        stopped = states['["STOPPED"]']
        assert world.metric("kaizen_sandbox_unknown")["[]"] / (could + stopped) >= 0.5
        assert odd in ("one empty vector", "half the fleet")
    assert world.sizes("dark") == {"web": 2, "db": 1}
    if odd != "half the fleet":  # of which the other half is measured
        assert world.sizes("shop") == {"web": 2, "db": 1}


def test_a_rehearsal_is_a_dry_run_whatever_the_policy_says(world: ReaperWorld) -> None:
    world.sandbox("shop")
    world.later(days=1)
    handler.lambda_handler({"do": "rehearse"}, CONTEXT)
    (report,) = world.slack.listed()
    assert "would stop 1 of 1" in report["text"]
    assert "CPU peak 0 of 0.03 cores" in json.dumps(report["blocks"])
    world.run()
    assert len(world.slack.listed()) == 2
    world.later(minutes=40)
    handler.lambda_handler({"do": "rehearse"}, CONTEXT)
    assert world.sizes("shop") == {"web": 2, "db": 1}
    world.run()
    assert world.sizes("shop") == {"web": 0, "db": 0}


@pytest.mark.parametrize("place", [0, 4, 9, 14])
def test_one_empty_answer_leaves_every_sandbox_unknown(world: ReaperWorld, place: int) -> None:
    told(world)
    world.later(minutes=40)
    world.prometheus.trouble(*["infos"] * place, "empty")
    world.run()
    assert world.metric("kaizen_sandbox_unknown") == {"[]": 1}
    assert world.sizes("shop") == {"web": 2, "db": 1}


def test_a_prometheus_that_knows_nothing(world: ReaperWorld) -> None:
    told(world)
    world.later(minutes=40)
    world.prometheus.trouble(*["empty"] * 40)
    with pytest.raises(FailedError, match="no container at all"):
        world.run()
    assert world.sizes("shop") == {"web": 2, "db": 1}


def test_half_the_fleet_in_the_answer_is_half_a_fleet(world: ReaperWorld) -> None:
    world.sandbox("dark", figures={})
    told(world)
    for _ in range(9):
        world.later(minutes=5)
        world.run()
    assert world.sizes("dark") == {"web": 2, "db": 1}
    assert world.sizes("shop") == {"web": 0, "db": 0}
    assert world.metric("kaizen_sandbox_unknown")["[]"] >= 1


@pytest.mark.parametrize("trouble", ["401", "403", "503"])
def test_kubernetes_that_does_not_answer_stops_nobody_and_is_told(world: ReaperWorld, trouble: str) -> None:
    told(world)
    world.later(minutes=40)
    world.kubernetes.trouble(*[trouble] * 12)
    with pytest.raises(Exception, match=r".+"):
        world.run()
    assert world.metric("kaizen_sandbox_errors_total") == {'["kubernetes"]': 1}
    assert world.sizes("shop") == {"web": 2, "db": 1}
    world.kubernetes.calm()
    world.run()
    assert world.sizes("shop") == {"web": 0, "db": 0}  # the lease was given back


def test_the_switch_stops_all_stops_and_no_resume(world: ReaperWorld) -> None:
    told(world)
    world.put(SWITCH, "off")
    world.later(hours=1)
    world.run()
    assert world.sizes("shop") == {"web": 2, "db": 1}
    world.message("is not stopped for now: stops are switched off")
    world.later(days=2)
    world.put(SWITCH, "on")
    world.run()
    assert world.sizes("shop") == {"web": 2, "db": 1}  # two days later nobody expects it: its owner is told anew
    world.message("will be stopped")
    world.later(minutes=40)
    world.run()
    assert world.sizes("shop") == {"web": 0, "db": 0}
    world.put(SWITCH, "off")
    world.press(world.message("was stopped"), "resume")
    world.woken()
    assert world.sizes("shop") == {"web": 2, "db": 1}


def test_a_run_beside_another_does_nothing(world: ReaperWorld) -> None:
    world.sandbox("shop")
    store = world.store()
    assert store.begin("another", world.clock[0], timedelta(minutes=6))
    assert world.run() == {"left_out": "another run is under way"}
    store.end("a third")
    assert not store.begin("b", world.clock[0], timedelta(minutes=6))
    store.end("another")
    assert store.begin("b", world.clock[0], timedelta(minutes=6))
    assert store.begin("c", world.clock[0] + timedelta(minutes=7), timedelta(minutes=6))


def test_who_read_before_another_wrote_writes_nothing(world: ReaperWorld) -> None:
    told(world)
    (row,) = world.store().rows().values()
    saved = world.store().save(row, (), world.clock[0])
    assert world.store().rows()[row.uid] == saved
    with pytest.raises(OvertakenError):
        world.store().save(row, (), world.clock[0])


def test_a_record_is_written_once(world: ReaperWorld) -> None:
    told(world)
    world.later(minutes=40)
    world.run()
    (row,) = world.store().rows().values()
    record = world.store().record(row.uid, row.stop_id)
    assert record is not None
    assert [(each.kind, each.name, each.size) for each in record.items] == [
        ("Deployment", "web", 2), ("StatefulSet", "db", 1),
    ]  # fmt: skip
    other = type(record)(record.stop_id, record.uid, record.name, record.at, ())
    assert world.store().keep_record(other) == record


def test_a_decision_is_explained_by_what_it_followed_from(world: ReaperWorld) -> None:
    told(world)
    first = world.clock[0]
    world.later(minutes=5)
    world.figures["shop"]["transmit"] = 5000.0
    world.run()
    words = explained("shop", run_of(first))
    assert "-> NOTIFIED: notified" in words
    assert "cpu_samples = 240" in words
    assert "a peak of 5000 bytes sent per second" in explained("shop", run_of(world.clock[0]))
    assert explained("shop", "20200101T000000Z") == ""


def test_lengths_of_a_show_are_refused_anywhere_else(world: ReaperWorld) -> None:
    world.policy(f'{SECTION}grace = "10s"\n')
    with pytest.raises(TooShortError, match="grace"):
        world.run()


def test_other_events_are_refused(world: ReaperWorld) -> None:
    with pytest.raises(RequestError):
        handler.lambda_handler({"do": "stop"}, CONTEXT)


@pytest.mark.parametrize("trouble", ["fatal_error", "ratelimited", "lost"])
def test_a_notice_that_slack_does_not_take_is_no_receipt(world: ReaperWorld, trouble: str) -> None:
    world.sandbox("shop")
    world.later(days=1)
    assert world.slack.ask({"next": [trouble]}) == ""
    with pytest.raises(FailedError):
        world.run()
    assert world.metric("kaizen_sandbox_errors_total") == {'["slack"]': 1}
    world.later(minutes=40)
    world.run()
    told_at = world.clock[0]
    assert world.sizes("shop") == {"web": 2, "db": 1}
    world.message("will be stopped")  # one message, also where the first one had arrived after all
    while world.sizes("shop")["web"]:
        world.later(minutes=5)
        world.run()
    assert world.clock[0] - told_at >= timedelta(minutes=30)


def test_a_single_sandbox_is_told_of_suspended_and_resumed(world: ReaperWorld) -> None:
    """By the figures of its own pod, while its namespace works hard and is not opted in."""
    world.agent("lab", "coder")
    world.later(days=1)
    world.run()
    message = world.message("lab/coder* will be stopped")
    for _ in range(6):
        world.later(minutes=5)
        world.run()
    assert world.mode("lab", "coder") == "Running"
    world.later(minutes=5)
    assert world.run() == {"sandboxes": 1, "stops": 1, "resumes": 0, "idle": 1, "postponed": 0, "held": ""}
    assert world.mode("lab", "coder") == "Suspended"
    world.later(hours=1)
    world.run()
    assert world.press(world.message("lab/coder* was stopped"), "resume") == {"batchItemFailures": []}
    assert world.woken() == [{"batchItemFailures": []}]
    assert world.mode("lab", "coder") == "Running"
    assert world.message("lab/coder* is back as it was")["ts"] == message["ts"]


def test_a_sandbox_in_an_opted_in_namespace_is_told_of_and_stopped_once(world: ReaperWorld) -> None:
    world.agent("shop", "coder")
    world.sandbox("shop", figures=idle_figures(LIVE, pods=4))
    world.later(days=1)
    for _ in range(9):
        world.run()
        world.later(minutes=5)
    assert world.sizes("shop") == {"web": 0, "db": 0}
    assert world.mode("shop", "coder") == "Suspended"
    assert len(world.slack.listed()) == 1
    assert world.metric("kaizen_sandbox_stops_total") == {'["stopped"]': 1}
    world.press(world.message("was stopped"), "resume")
    world.woken()
    assert (world.sizes("shop"), world.mode("shop", "coder")) == ({"web": 2, "db": 1}, "Running")


def test_a_stop_of_its_own_stands_when_its_namespace_is_opted_in_later(world: ReaperWorld) -> None:
    """The namespace does not stop it again, and its own button still brings it back."""
    world.agent("shop", "coder")
    world.later(days=1)
    for _ in range(8):
        world.run()
        world.later(minutes=5)
    stopped = world.message("shop/coder* was stopped")
    world.sandbox("shop")
    world.later(days=1)
    for _ in range(9):
        world.run()
        world.later(minutes=5)
    assert world.sizes("shop") == {"web": 0, "db": 0}
    assert world.mode("shop", "coder") == "Suspended"
    world.press(world.message("*shop* was stopped"), "resume")
    world.woken()
    assert (world.sizes("shop"), world.mode("shop", "coder")) == ({"web": 2, "db": 1}, "Suspended")
    world.press(stopped, "resume")
    world.woken()
    assert world.mode("shop", "coder") == "Running"


def test_an_owner_whom_slack_does_not_know_is_told_of_in_the_channel(
    world: ReaperWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And fails no run: the others, and the last success, do not wait for somebody to mend an annotation."""
    post = Bot.post

    def refuse(self: Bot, message: Message, key: str, thread: str) -> str:
        if self._channel == "C0NOWHERE1":
            raise refused("channel_not_found")
        return post(self, message, key, thread)

    monkeypatch.setattr(Bot, "post", refuse)
    told(world, owner="C0NOWHERE1")
    message = world.message("will be stopped")
    assert message["channel"] == "C0SANDBOXES"
    assert "Its owner by the annotation kaizen.dev/owner is C0NOWHERE1" in json.dumps(message["blocks"])
    assert world.metric("kaizen_sandbox_last_success_timestamp_seconds")
    world.later(hours=2)
    world.run()
    assert world.sizes("shop") == {"web": 2, "db": 1}  # it has the day of an unknown owner


@pytest.mark.parametrize("late", [False, True])
def test_a_namespace_is_busy_while_a_sandbox_in_it_beats(world: ReaperWorld, late: bool) -> None:
    """With its own token; also where the first beat comes in the last moment."""
    world.agent("shop", "coder")
    world.sandbox("shop", figures=idle_figures(LIVE, pods=4))
    with world.kubernetes.cluster.lock:
        uid = world.kubernetes.cluster.get(kinds.SANDBOXES, "shop", "coder")["metadata"]["uid"]
    world.later(days=1)
    for place in range(12):
        if not late or place == 8:
            until = (world.clock[0] + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
            beat = world.beat(uid, json.dumps({"until": until}), f"Bearer {busy.token(uid, 'busy-secret')}")
            assert beat["statusCode"] == 200
        world.run()
        world.later(minutes=4)
    assert (world.mode("shop", "coder"), world.sizes("shop")) == ("Running", {"web": 2, "db": 1})
