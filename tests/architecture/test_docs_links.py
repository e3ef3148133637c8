"""What the documents point to is there: files, headings, resources, log lines; and each alarm has its runbook."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from local import paths
from local.template import translate
from tests.architecture.house import FUNCTIONS, LAYER, ROOT, resources

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
RUNBOOKS = ROOT / "docs" / "operate.md"
_FENCE = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_ELSEWHERE = re.compile(r"[a-z]+:")
# A path of the repository, as the documents write it.
_FOLDERS = "functions|layers|local|docs|tests|benchmarks|prometheus|grafana|events|requirements|examples"
_PATH = re.compile(rf"`((?:{_FOLDERS})/[\w./*-]*)`")


def links(text: str) -> list[str]:
    """The targets of a page's links, those in code left out."""
    return _LINK.findall(_CODE.sub("``", _FENCE.sub("", text)))


def anchors(text: str) -> set[str]:
    """The names that GitHub gives to a page's headings."""
    found: list[str] = []
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        found.append(f"{slug}-{found.count(slug)}" if slug in found else slug)
    return set(found)


def fault(page: Path, target: str) -> str:
    """What is wrong with a link on a page; empty when nothing is, or when it leads out of the repository."""
    if _ELSEWHERE.match(target):
        return ""
    name, _, anchor = target.partition("#")
    file = (page.parent / name).resolve() if name else page
    if not file.is_relative_to(ROOT) or not file.exists():
        return f"{page.name}: there is no {target}"
    if anchor and anchor not in anchors(file.read_text(encoding="utf-8")):
        return f"{page.name}: {file.name} has no heading #{anchor}"
    return ""


@cache
def runbooks() -> str:
    """docs/operate.md and the features' own pages, whose part `## Alarms` and `## Alerts` are theirs."""
    pages = [RUNBOOKS, *sorted((ROOT / "docs" / "features").glob("*.md"))]
    return "\n".join(page.read_text(encoding="utf-8") for page in pages)


def alerts() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((ROOT / "prometheus" / "rules").glob("*.yml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            yield from ((rule["alert"], rule["annotations"]) for rule in group["rules"] if "alert" in rule)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    faults = [fault(page, target) for target in links(page.read_text(encoding="utf-8"))]
    assert [each for each in faults if each] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_in_prose_exist(page: Path) -> None:
    named = _PATH.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))
    assert [path for path in named if not list(ROOT.glob(path.rstrip("/")))] == []


@pytest.mark.parametrize(
    ("alert", "annotations"), list(alerts()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_alert_has_a_runbook(alert: str, annotations: dict[str, Any]) -> None:
    assert fault(ROOT / "README.md", annotations["runbook"]) == ""
    assert annotations["runbook"].endswith(f"#{alert.lower()}")


@pytest.mark.parametrize("alarm", resources("AWS::CloudWatch::Alarm"))
def test_each_alarm_has_a_runbook(alarm: str) -> None:
    assert alarm.lower() in anchors(runbooks()), f"docs/operate.md or the feature's page needs a section ### {alarm}"


def test_runbooks_are_of_alerts_and_alarms_that_there_are() -> None:
    parts = re.split(r"^## ", runbooks(), flags=re.MULTILINE)
    named = {head for part in parts if part.startswith("Al") for head in re.findall(r"^### (\w+)$", part, re.MULTILINE)}
    assert named == {alert for alert, _ in alerts()} | set(resources("AWS::CloudWatch::Alarm"))


def test_commands_name_resources_that_there_are() -> None:
    named = set(re.findall(r"\$\((?:physical|queue_arn) (\w+)\)", runbooks()))
    looped = {name for names in re.findall(r"for each in ([\w ]+);", runbooks()) for name in names.split()}
    replayed = {name for pair in re.findall(r"^replay (\w+) (\w+)$", runbooks(), re.MULTILINE) for name in pair}
    assert named >= {"TicketDeadLetterQueue", "LogGroup"}
    assert replayed >= {"TicketDeadLetterQueue", "TicketQueue"}
    assert named | looped | replayed <= set(translate(paths.TEMPLATE, {})[0]["Resources"])


def test_log_lines_that_are_named_are_written() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for root in (FUNCTIONS, LAYER) for path in root.rglob("*.py"))
    named = set(re.findall(r"log lines? `([^`]+)`", runbooks()))
    assert len(named) > 4
    assert [line for line in named if f'("{line}' not in sources] == []


def test_the_checks_find_what_is_wrong() -> None:
    page = ROOT / "docs" / "any.md"
    assert links("[a](b.md) `[c](d.md)`\n```\n[e](f.md)\n```\n[g](#h)") == ["b.md", "#h"]
    assert anchors("# A `b_c` — D!\n## E\n## E\n```\n# no\n```\n") == {"a-b_c--d", "e", "e-1"}
    assert fault(page, "operate.md#kaizenscrapedown") == ""
    assert fault(page, "https://example.org/nothing") == ""
    assert fault(page, "../LICENSE-that-is-not") == "any.md: there is no ../LICENSE-that-is-not"
    assert fault(page, "operate.md#nothing") == "any.md: operate.md has no heading #nothing"
    assert fault(page, "../../etc").startswith("any.md: there is no")
