"""docs/phase.md says what the code does: its examples are real ones, its tables name all that there is, and no more."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kaizen.metrics.catalogue import CATALOGUE
from kaizen.phase import sharing
from kaizen.phase.decode import decode_all
from kaizen.phase.errors import Reason
from kaizen.phase.negotiation import Client, Verdict, Who, negotiate
from kaizen.phase.offer import FEATURES, offer
from kaizen.phase.streams import Epoch
from kaizen.phase.wire import LIMITS, MEDIA_TYPE
from phase_ingest import posted, small, upload
from phase_stream import ranges, request, summaries
from phase_stream.audit import Audit, Side
from phase_stream.plan import Resync
from phase_stream.store import ADDRESS_SECONDS
from schema_handshake.request import MOST_BYTES, MOST_CHARACTERS, MOST_FEATURES
from tests.architecture.house import lambda_functions

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "phase.md").read_text(encoding="utf-8")
INGEST = ROOT / "functions" / "phase_ingest"


def section(heading: str) -> str:
    """The page from a heading to the next one of its level or above."""
    level, _, _ = heading.partition(" ")
    start = PAGE.index(f"\n{heading}\n") + 1
    following = re.search(rf"^#{{1,{len(level)}}} ", PAGE[start + len(heading) :], re.MULTILINE)
    return PAGE[start:] if following is None else PAGE[start : start + len(heading) + following.start()]


def fenced(language: str, text: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def rows(text: str) -> Iterator[list[str]]:
    """The cells of each table's rows."""
    for line in text.splitlines():
        if line.startswith("|") and not line.startswith("|---"):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def words(cell: str) -> set[str]:
    return set(re.findall(r"`([a-z0-9-]+)`", cell))


@pytest.mark.parametrize(("language", "name"), [("python", "follow.py"), ("js", "follow.mjs")])
def test_the_excerpts_are_from_the_examples(language: str, name: str) -> None:
    (excerpt,) = fenced(language, PAGE)
    assert excerpt in (ROOT / "examples" / name).read_text(encoding="utf-8")


def test_the_handshake_shown_is_a_real_one() -> None:
    server = offer("https://example.org/clients")
    met = negotiate(Client("0.9.2", frozenset({"delta2", "tiles"})), server)
    (shown,) = fenced("json", section("## Shake hands"))
    assert json.loads(shown) == met.as_document(server, 17)


def test_verdicts_features_and_who_acts() -> None:
    table = list(rows(section("## Shake hands")))
    verdicts = {word for cells in table for word in words(cells[0])}
    assert {verdict.value for verdict in Verdict} <= set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert {who.value for who in Who} <= verdicts
    (features,) = [cells[1] for cells in table if cells[0] == "`features`"]
    assert set(re.findall(r"`(\w+)`", features)) == FEATURES


def test_limits_of_the_handshake() -> None:
    assert MOST_BYTES == 16 << 10
    assert f"({MOST_CHARACTERS} characters each, {MOST_FEATURES} features, a body of 16 KiB)" in PAGE


def refusals() -> set[tuple[str, str]]:
    """Status and reason of each refusal that phase_ingest spells out, and what PHF1 itself refuses."""
    found: set[tuple[str, str]] = set()
    for path in INGEST.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'RefusedError\(\s*(\d{3}),\s*"([a-z0-9-]+)"', text))
        found |= set(re.findall(r'super\(\).__init__\((\d{3}), "([a-z0-9-]+)"', text))
    # Of no message, and of a message alone.
    decoder = set(Reason) - {Reason.VERSION, Reason.TRAILING, Reason.TOO_LARGE}
    return found | {("400", reason.value) for reason in decoder}


def test_each_refusal_of_a_post_is_in_the_table() -> None:
    table = [cells for cells in rows(section("## Post frames")) if cells[0].isdigit()]
    named = {(cells[0], word) for cells in table for word in words(cells[1])}
    assert named == refusals()
    assert {cells[0] for cells in table} >= {"400", "401", "404", "406", "409", "413", "415", "429", "503"}
    assert all(cells[3] for cells in table), "each says what to do"


def test_the_json_post_is_taken() -> None:
    shown, offered = fenced("json", section("## Post frames"))
    frames = [message for message in decode_all(small.to_phf1(shown.encode())) if message.frames is not None]
    assert sum(message.header.n_frames for message in frames) == 2
    assert json.loads(offered) == upload.offer(
        "demo", f"uploads/demo/{'0123456789abcdef' * 2}", "https://…", upload.headers(MEDIA_TYPE, "")
    )


def test_limits_of_a_post() -> None:
    text = section("## Post frames")
    for number in (LIMITS.frames, LIMITS.cells, LIMITS.rows):
        assert f"{number:,}" in text
    assert (LIMITS.config_bytes, posted.MOST_BYTES, posted.MOST_UPLOADED_BYTES) == (1 << 20, 4 << 20, 64 << 20)
    assert (small.MOST_BYTES, upload.SECONDS) == (16 << 20, 15 * 60)
    for said in ("a CONFIG of 1 MiB", "more than 4 MiB", "At most 64 MiB", "16 MiB once decoded", "within 15 minutes"):
        assert said in text, said
    assert f"`Content-Type: {MEDIA_TYPE}`" in text


def test_reasons_of_a_resync() -> None:
    table = rows(section("## Read a stream"))
    named = {word for cells in table if len(cells) == 3 for word in words(cells[0])}
    assert named == {reason.value for reason in Resync}


def test_limits_of_a_read() -> None:
    assert f"{request.DEFAULT_FRAMES} without it, never more than {request.MOST_FRAMES}" in PAGE


def test_the_level_shown_is_a_real_one() -> None:
    shown, addresses = map(json.loads, fenced("json", section("## History")))
    epoch = Epoch(1, 0, 12 * 4096 + 17, 0, 33_333, 1000, 100_000, "stratified", 16, 6, 4, 256)
    assert shown == summaries.level_document(epoch, 2)
    assert addresses == addresses | shown | {"expires_in": ADDRESS_SECONDS}


def test_limits_of_history() -> None:
    text = section("## History")
    assert f"at most {ranges.MOST_CHUNKS}:" in text
    assert f"after {ranges.MOST_COLUMNS} columns, {ranges.MOST_CELLS:,} cells of all rows" in text


def test_headers_that_other_origins_may_read_and_send() -> None:
    text = section("## Pages of other origins")
    assert ", ".join(f"`{name}`" for name in sharing.EXPOSED) in text.replace("\n  ", " ")
    assert "`Phase-Schema`, `Content-Type` and `If-None-Match` can be sent" in text
    assert sharing.ALLOWED == ("Phase-Schema", "Content-Type", "If-None-Match")


def test_counters_of_savings() -> None:
    text = section("## Savings")
    named = set(re.findall(r"^\| `(\w+)\{([\w, ]+)\}` \|", text, re.MULTILINE))
    assert {name for name, _ in named} == {
        "bytes_saved_total",
        "phase_frame_bytes_sent_total",
        "phase_frame_bytes_full_equivalent_total",
        "phase_bytes_retransmitted_total",
        "phase_resync_total",
    }
    assert all(CATALOGUE[name].labels == tuple(labels.split(", ")) for name, labels in named)


def test_the_audit_shown_is_a_real_one() -> None:
    (shown,) = fenced("json", section("### Audit"))
    given: dict[str, Any] = json.loads(shown)
    audit = Audit(
        given["audit"],
        "kuramoto",
        given["started_at"],
        given["updated_at"],
        0,
        Side(91822, 60),
        188410,
        Side(91822, 60),
    )
    assert given == audit.document()
    posting = re.search(r"POST /phase/savings/audit +(\{.*\})", PAGE)
    assert posting is not None
    report = request.read_report({"body": posting[1]})
    assert (report.audit, report.received, report.responses) == (given["audit"], 91822, 60)


def test_addresses_are_the_templates() -> None:
    """Each address of the first table is a route, and the other way round."""
    routes = {
        (event["Properties"]["Method"], event["Properties"]["Path"])
        for function in lambda_functions().values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "HttpApi" and event["Properties"]["Path"].startswith("/phase/")
    }
    named = set()
    for cells in rows(PAGE[: PAGE.index("\n## ")]):
        if "/phase/" in cells[0]:
            methods, paths = (
                re.findall(r"\b(GET|HEAD|POST|OPTIONS)\b", cells[0]),
                re.findall(r"(/phase/[^`,]*)", cells[0]),
            )
            named |= {(method, path) for method in methods for path in paths}
    assert named == routes
