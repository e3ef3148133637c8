"""The week's message: a chart that Slack takes, words that say the same, and limits that hold for any names."""

from dataclasses import replace
from datetime import date, timedelta

from bandwidth_snapshot import wording
from bandwidth_snapshot.day import Day
from bandwidth_snapshot.trend import trend, weeks
from kaizen.slack.blocks import Message
from local.outside.slack.rules import refusal
from tests import block_kit
from tests.unit.bandwidth.simulation import day_of

MONDAY = date(2026, 3, 2)


def weekly(days: list[Day], streams: list[Day] | None = None) -> Message:
    return wording.weekly(weeks(days), trend(days), streams or [], days[-1])


def taken(message: Message) -> bool:
    given = {"text": message.text, "blocks": list(message.blocks)}
    plain = {"text": message.text, "blocks": list(message.plainer or message.blocks)}
    doubts = [block_kit.faults(message.blocks), block_kit.faults(message.plainer)]
    return refusal(given) is None and refusal(plain, charts=False) is None and doubts == [[], []]


def test_the_chart_says_what_the_words_say() -> None:
    days = [replace(day_of("*", MONDAY + timedelta(days=each), 1 + each / 70), saved=10**10) for each in range(24)]
    message = weekly(days)
    assert taken(message)
    (drawn,) = [each for each in message.blocks if each["type"] == "data_visualization"]
    assert drawn["chart"]["axis_config"]["categories"] == ["02 Mar 26", "09 Mar 26", "16 Mar 26", "23 Mar 26 *"]
    sent, saved = drawn["chart"]["series"]
    assert [each["value"] for each in sent["data"]] == [1.043, 1.143, 1.243, 1.314]
    assert (saved["name"], saved["data"][0]["value"]) == ("saved by deltas", 0.116)
    assert [each["type"] for each in message.plainer].count("section") == 3
    assert "2026-03-02" in message.text


def test_at_most_twenty_weeks_and_none_without_a_whole_day() -> None:
    long = [day_of("*", MONDAY + timedelta(days=each), 1.0) for each in range(300)]
    broken = [day_of("*", each.date, 1.0, 0.5) if 70 <= place < 77 else each for place, each in enumerate(long)]
    for days in (long, broken[:100]):
        message = weekly(days)
        assert taken(message)
        (drawn,) = [each for each in message.blocks if each["type"] == "data_visualization"]
        assert len(drawn["chart"]["axis_config"]["categories"]) <= 20
    labels = drawn["chart"]["axis_config"]["categories"]
    assert "11 May 26" not in labels
    assert "04 May 26" in labels


def test_one_week_is_no_line() -> None:
    message = weekly([day_of("*", MONDAY, 1.0)])
    assert message.plainer == ()
    assert taken(message)


def test_long_names_and_many_streams_fit() -> None:
    days = [day_of("*", MONDAY + timedelta(days=each), 1.0) for each in range(30)]
    streams = [day_of("&<`" * 60 + str(each), days[-1].date, 1.0) for each in range(200)]
    assert taken(weekly(days, streams))
