"""`make policy`: what it says and what it leaves alone, before AWS is asked for anything."""

from pathlib import Path

import pytest

from kaizen.policy.store import DEFAULT_FILE
from tools import policy

DEFAULT = DEFAULT_FILE.read_text(encoding="utf-8")


def never() -> bool:
    raise AssertionError("asked")


def test_a_faulty_file_is_refused_with_every_fault_on_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(DEFAULT.replace('"4h"', '"4"').replace("digest_hour", "hour"), encoding="utf-8")
    assert policy.main([str(file)], never) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"{file}: line ") for line in lines)


@pytest.mark.parametrize("stage", ["", "staging"])
def test_a_file_or_stage_that_there_is_not(stage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.toml"
    if stage:
        file.write_text(DEFAULT.replace("kaizen.invalid", "example.org"), encoding="utf-8")
    arguments = [str(file), *(["--config", stage] if stage else [])]
    assert policy.main(arguments, never) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_each_stage_has_a_stack() -> None:
    assert [policy.stack_of(stage)[0] for stage in ("default", "dev", "prod")] == [
        "kaizen-dev",
        "kaizen-dev",
        "kaizen-prod",
    ]


def test_the_difference_shows_what_changes() -> None:
    changed = policy.difference(DEFAULT, DEFAULT.replace("digest_hour = 9", "digest_hour = 7"))
    assert "-digest_hour = 9" in changed
    assert "+digest_hour = 7" in changed
    assert policy.difference(DEFAULT, DEFAULT) == ""


def test_the_placeholder_of_the_feeds_domain_is_not_put_in_force(capsys: pytest.CaptureFixture[str]) -> None:
    assert policy.main([str(DEFAULT_FILE)], never) == 2
    assert "feed.domain" in capsys.readouterr().err
