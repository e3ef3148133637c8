"""Each fault in a policy is named with its place, and all of them at once."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaizen.policy import Policy, PolicyError, parse
from kaizen.policy.__main__ import main
from kaizen.policy.store import DEFAULT_FILE
from tests.effort import examples

DEFAULT = DEFAULT_FILE.read_text(encoding="utf-8")
TEAM = '[[routes]]\nname = "team"\nchannel = "C012345"\n'


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(PolicyError) as caught:
        parse(text)
    assert str(caught.value) == "; ".join(caught.value.problems)
    return caught.value.problems


@pytest.mark.parametrize(
    ("line", "instead", "fault"),
    [
        # unknown keys and wrong kinds
        ("pause_labels =", 'pauselabels = ["blocked"]', "tickets.pauselabels: there is no such key"),
        ("pause_labels =", 'pause_labels = "blocked"', "tickets.pause_labels: is not a list"),
        (
            "pause_labels =",
            'pause_labels = ["a", 3, "b", ""]',
            "tickets.pause_labels: its item 2 is not a label of 1 to "
            "100 characters, its item 4 is not a label of 1 to 100 characters",
        ),
        ("[unknown]", "[unkown]", "unkown: there is no such key"),
        ("[[routes]]", "[routes]", "routes: is not an array of tables"),
        ("empty_digest", 'empty_digest = "yes"', "routes.default.empty_digest: is neither true nor false"),
        ("[calendars.office]", "[severities.sev5]", "severities.sev5.labels: is missing"),
        # components and severities
        ("web =", 'web = ["component:web", "AREA:API"]', "components.web: the label 'area:api' already means api"),
        ("web =", "web = []", "components.web: is empty: nothing could ever match it"),
        ("web =", 'other = ["x"]', "components.other: the name is reserved"),
        ("web =", 'Web = ["x"]', "components.Web: is not a name of small letters, digits, - and _"),
        ('labels = ["sev2"', "labels = []", "severities.sev2.labels: is empty: nothing could ever match it"),
        ('labels = ["sev2"', 'labels = ["sev1"]', "severities.sev2: the label 'sev1' already means sev1"),
        ('labels = ["sev2"', "", "severities.sev2.labels: is missing"),
        ("rise =", 'monthly_cap = "500"', "bandwidth.monthly_cap: '500' is not a volume such as"),
        ("rise =", 'monthly_cap = "0 GB"', "bandwidth.monthly_cap: '0 GB' is not a volume such as"),
        ("rise =", "monthly_cap = 500", "bandwidth.monthly_cap: 500 is not a volume such as"),
        ("rise =", 'holidays = ["2026-12-25"]', "bandwidth.holidays: its item 1 is not a date"),
        # posts of tickets
        ("[feed]", '[[cards]]\nname = "a"\n[feed]', "cards.a.webhook_parameter: is missing"),
        (
            "[feed]",
            '[[cards]]\nname = "a"\nwebhook_parameter = "/k/a"\ntickets = "sev:1"\n[feed]',
            "cards.a.tickets: there is no field 'sev'; there are label, component, severity, repo, event, "
            "at character 1",
        ),
        (
            "[feed]",
            '[[cards]]\nname = "a"\nwebhook_parameter = "/k/a"\ntickets = 1\n[feed]',
            "cards.a.tickets: must be",
        ),
        (
            "[feed]",
            '[[cards]]\nname = "a"\nwebhook_parameter = "/k/a"\ntickets = "event:opened"\n' * 2 + "[feed]",
            "cards.1: 'a' is another one's name, too",
        ),
        # targets
        (
            'target = "4h"',
            'target = "4"',
            'severities.sev1.target: \'4\' is not a length such as "30m", "4h" or "1d12h"',
        ),
        ('target = "4h"', "target = 4", "severities.sev1.target: 4 is not a length"),
        ('target = "4h"', 'target = ""', "severities.sev1.target: '' is not a length"),
        ('target = "4h"', 'target = "4H"', "severities.sev1.target: '4H' is not a length"),
        ('target = "4h"', 'target = "1.5h"', "severities.sev1.target: '1.5h' is not a length"),
        ('target = "4h"', 'target = "30m4h"', "severities.sev1.target: '30m4h' is not a length"),
        ('target = "4h"', 'target = "-4h"', "severities.sev1.target: '-4h' is not a length"),
        ('target = "4h"', 'target = "0h"', "severities.sev1.target: '0h' is not between one minute and ten years"),
        (
            'target = "4h"',
            'target = "9999d"',
            "severities.sev1.target: '9999d' is not between one minute and ten years",
        ),
        (
            'target = "80h"',
            'target = "10d"',
            "severities.sev4.target: business time is counted in hours and minutes: its days have no one length",
        ),
        (
            'target = "80h"',
            'target = "80000h"',
            "severities.sev4.target: takes more than ten years of the calendar 'office'",
        ),
        ('target = "80h"', "", "severities.sev4.clock: is of no use without a target"),
        ('clock = "business"', 'clock = "bussiness"', "severities.sev3.clock: 'bussiness' is none of wall, business"),
        ('clock = "business"', "", 'severities.sev3.calendar: is of no use without clock = "business"'),
        ('calendar = "office"', "", "severities.sev3.clock: the business clock needs a calendar"),
        ('calendar = "office"', 'calendar = "night"', "severities.sev3.calendar: there is no calendar 'night'"),
        # calendars
        ('zone = "UTC"', 'zone = "Mars/Olympus"', "calendars.office.zone: 'Mars/Olympus' is not an IANA time zone"),
        ('zone = "UTC"', 'zone = "../UTC"', "calendars.office.zone: '../UTC' is not an IANA time zone"),
        ('zone = "UTC"', 'zone = "Europe"', "calendars.office.zone: 'Europe' is not an IANA time zone"),
        ('zone = "UTC"', "", "calendars.office.zone: is missing"),
        ("monday", 'monday = ["09:00-13:00", "12:59-18:00"]', "calendars.office.monday: has windows that overlap"),
        ("monday", 'monday = ["9-17"]', "calendars.office.monday: its item 1 '9-17' is not a window such as"),
        (
            "monday",
            'monday = ["18:00-09:00"]',
            "calendars.office.monday: its item 1 '18:00-09:00' does not start before",
        ),
        (
            "monday",
            'monday = ["09:00-09:00"]',
            "calendars.office.monday: its item 1 '09:00-09:00' does not start before",
        ),
        (
            "monday",
            'monday = ["09:00-24:01"]',
            "calendars.office.monday: its item 1 '09:00-24:01' does not start before",
        ),
        (
            "monday",
            'monday = ["09:60-12:00"]',
            "calendars.office.monday: its item 1 '09:60-12:00' does not start before",
        ),
        ("monday", 'moonday = ["09:00-12:00"]', "calendars.office.moonday: there is no such key"),
        (
            "holidays",
            'holidays = [2026-12-25, "2026-12-26"]',
            "calendars.office.holidays: its item 2 is not a date such as",
        ),
        ("holidays", "holidays = [2026-12-25T00:00:00]", "calendars.office.holidays: its item 1 is not a date such as"),
        # routes
        ("webhook_parameter", "", "routes.default: needs exactly one of channel and webhook_parameter"),
        (
            "webhook_parameter",
            'channel = "C012345"\nwebhook_parameter = "/a"',
            "routes.default: needs exactly one of channel and",
        ),
        (
            "webhook_parameter",
            'webhook_parameter = "https://hooks.slack.com/services/T/B/x"',
            "routes.default.webhook_parameter: is not the path of an SSM parameter",
        ),
        (
            "webhook_parameter",
            'channel = "#general"',
            "routes.default.channel: is not a Slack channel id, such as C0123456789",
        ),
        ("digest_hour", "digest_hour = 24", "routes.default.digest_hour: is not a whole number from 0 to 23"),
        ("digest_hour", "digest_hour = true", "routes.default.digest_hour: is not a whole number from 0 to 23"),
        ("[[routes]] zone", 'zone = "CEST"', "routes.default.zone: 'CEST' is not an IANA time zone"),
        (
            "quiet_days",
            'quiet_days = ["Sunday"]',
            "routes.default.quiet_days: its item 1 'Sunday' is none of monday, tuesday",
        ),
        (
            "quiet_days",
            'quiet_days = ["monday","tuesday","wednesday","thursday","friday","saturday","sunday"]',
            "routes.default.quiet_days: leaves no day for a digest",
        ),
        ("components = [] ", 'components = ["api", "billing"]', "routes.default: there is no component 'billing'"),
        ("severities = []", 'severities = ["sev9"]', "routes.default: there is no severity 'sev9'"),
        ("empty_digest", 'name = "again"', "not valid TOML: Cannot overwrite a value (at line"),
        ("[feed]", f"{TEAM}{TEAM}[feed]", "routes.2: 'team' is another one's name, too"),
        # feed
        ("domain", 'domain = "https://example.org"', "feed.domain: is not a domain, such as example.org"),
        ("domain", "", "feed.domain: is missing"),
        ("date =", 'date = "2026-01-01"', "feed.date: is not a date such as 2026-12-25, without quotes"),
        ("title", 'title = "a\\u0007b"', "feed.title: is not a text of 1 to 200 characters"),
        (
            "[feed.tokens]",
            '[feed.tokens]\nreader = "secret"',
            "feed.tokens.reader: is not a SHA-256 in hex (64 digits)",
        ),
        # streams
        ("[[streams]] id", "", "streams.0.id: is missing"),
        ("[[streams]] id", 'id = "A/B"', "streams.0.id: is not a name of small letters"),
        ("target_rows", "target_rows = 100", "streams.kuramoto.target_rows: is not a whole number from 256 to 8192"),
        ("threshold", 'threshold = "all"', "streams.kuramoto.threshold: is not a whole number from 256 to 8192"),
        ("bits", "bits = 10", "streams.kuramoto.bits: 10 is none of 8, 12, 16"),
        ("bits", "bits = true", "streams.kuramoto.bits: True is none of 8, 12, 16"),
        ("levels", "levels = 11", "streams.kuramoto.levels: is not a whole number from 0 to 10"),
        ("factor", "factor = 3", "streams.kuramoto.factor: 3 is none of 2, 4"),
        ("chunk_columns", "chunk_columns = 1024", "streams.kuramoto.chunk_columns: 1024 is none of 64, 128, 256, 512"),
        ("bits", "standard_error = 0", "streams.kuramoto.standard_error: is not a number from 0.005 to 0.5"),
        ("bits", "pixels = 9000", "streams.kuramoto.pixels: is not a whole number from 256 to 8192"),
        ("bits", "bytes_per_second = 1", "streams.kuramoto.bytes_per_second: is not a whole number from 1000"),
        ("bits", "row = 3", "streams.kuramoto.row: there is no such key"),
        (
            "[[streams]]",
            '[[streams]]\nid = "kuramoto"\n[[streams]]',
            "streams.1: 'kuramoto' is another one's name, too",
        ),
        # TOML
        ("[unknown]", "[unknown", "not valid TOML: Expected ']' at the end of a table declaration (at line"),
    ],
)
def test_a_fault_is_named(line: str, instead: str, fault: str) -> None:
    """The default policy with one line replaced: the first that begins so, in a section if one is named."""
    lines = DEFAULT.splitlines()
    section, _, start = line.rpartition("]] ")
    first = next(index for index, each in enumerate(lines) if each.startswith(section))
    place = next(index for index, each in enumerate(lines) if index >= first and each.startswith(start))
    found = problems("\n".join([*lines[:place], instead, *lines[place + 1 :]]))
    assert any(each.startswith(fault) for each in found), found


def test_a_day_off_all_week_is_no_calendar() -> None:
    lines = [each for each in DEFAULT.splitlines() if "day =" not in each]
    assert problems("\n".join(lines)) == ("calendars.office: has no window on any weekday",)


def test_all_faults_are_named_at_once() -> None:
    text = DEFAULT.replace('"4h"', '"4"').replace('zone = "UTC"', 'zone = "CEST"').replace("digest_hour", "hour")
    assert len(problems(text)) == 4  # a target, two zones, a key


def test_a_fault_names_its_line() -> None:
    (problem,) = problems("[tickets]\nlabels = [\n\n[feed]\n")
    assert "(at line " in problem


def test_too_many_components() -> None:
    many = "\n".join(f'c{each} = ["c{each}"]' for each in range(60))
    assert "components: there are 64, the most is 50" in problems(
        DEFAULT.replace("[severities.sev1]", f"{many}\n[severities.sev1]")
    )


@pytest.mark.parametrize("text", ["", "severities = 3", "a = " + "[" * 4000, f"a = {'9' * 5000}", "\x00"])
def test_what_is_no_policy_at_all_is_refused_too(text: str) -> None:
    assert problems(text)


pieces = st.sampled_from(
    [*DEFAULT.splitlines(), *DEFAULT.split(), "=", "[", "]", "[[", '"', "true", "1979-05-27", "-1"]
)


@settings(max_examples=examples(300))
@given(st.data())
def test_no_text_breaks_the_reader(data: st.DataObject) -> None:
    """The default policy with words and lines exchanged, dropped and repeated: a policy or PolicyError, never more."""
    lines = DEFAULT.splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(lines) - 1))
        words = lines[place].split(" ")
        words[data.draw(st.integers(0, len(words) - 1))] = data.draw(pieces | st.text(max_size=5))
        lines[place] = data.draw(st.sampled_from([" ".join(words), data.draw(pieces), ""]))
    assert policy_or_problems("\n".join(lines))


def policy_or_problems(text: str) -> Policy | tuple[str, ...]:
    try:
        return parse(text)
    except PolicyError as error:
        return error.problems


class TestCommand:
    def test_a_good_file(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([str(DEFAULT_FILE)]) == 0
        assert "is a valid policy of" in capsys.readouterr().out

    def test_each_fault_has_a_line(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = tmp_path / "policy.toml"
        file.write_text(DEFAULT.replace('"4h"', '"4"').replace("digest_hour", "hour"), encoding="utf-8")
        assert main([str(file)]) == 2
        lines = capsys.readouterr().out.splitlines()
        assert [line.partition(": ")[0] for line in lines] == [str(file)] * 2
        assert "severities.sev1.target" in lines[0]

    @pytest.mark.parametrize("arguments", [[], ["a", "b"], ["missing.toml"]])
    def test_no_file_no_policy(self, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert main(arguments) == 2
        assert capsys.readouterr().out

    def test_bytes_that_are_no_text(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = tmp_path / "policy.toml"
        file.write_bytes(b"# \xff")
        assert main([str(file)]) == 2
        assert "byte 2" in capsys.readouterr().out
