"""Parameters of `make deploy`: samconfig's are kept, and the build is added from git."""

import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest

from tools import overrides

SAMCONFIG = tomllib.loads((overrides.ROOT / "samconfig.toml").read_text(encoding="utf-8"))


def test_each_stage_keeps_its_parameters() -> None:
    assert overrides.merged(SAMCONFIG, "prod", "abc") == ["Stage=prod", "LogRetentionDays=90", "BuildHash=abc"]
    assert overrides.merged(SAMCONFIG, "dev", "") == ["Stage=dev", "BuildHash="]
    assert overrides.merged(SAMCONFIG, "none", "abc") == ["BuildHash=abc"]


def config(given: object) -> dict[str, object]:
    return {"x": {"deploy": {"parameters": {"parameter_overrides": given}}}}


def test_lists_and_quoted_values_stay_whole() -> None:
    quoted = 'VpcSubnetIds="a,b" Words="two words"'
    assert overrides.merged(config(quoted), "x", "1")[:2] == ["VpcSubnetIds=a,b", "Words=two words"]
    pairs = ["Stage=dev", "Words=two words", "Empty="]
    assert overrides.merged(config(pairs), "x", "1") == [*pairs, "BuildHash=1"]
    assert shlex.split(shlex.join(overrides.merged(config(pairs), "x", "1"))) == [*pairs, "BuildHash=1"]


@pytest.mark.parametrize(
    ("pair", "read"), [("A=two words", 'A="two words"'), ("A=", 'A=""'), ('A=a"b', 'A="a\\"b"'), ("A=x=y", 'A="x=y"')]
)
def test_values_reach_sam_as_they_are(pair: str, read: str) -> None:
    assert overrides.quoted(pair) == read


def test_a_build_of_ones_own_stands() -> None:
    assert overrides.merged(config("BuildHash=mine Stage=dev"), "x", "1") == ["BuildHash=mine", "Stage=dev"]


@pytest.mark.parametrize("given", ["Stage", ["=x"], 7, [{"Stage": "dev"}], "ParameterKey,Stage"])
def test_what_would_be_lost_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match="holds more than Name=Value"):
        overrides.merged(config(given), "x", "1")


def test_the_build_is_the_commit_and_says_when_files_differ(tmp_path: Path) -> None:
    assert overrides.build_hash(tmp_path) == ""
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    for arguments in (["init", "-q"], [*identity, "commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    clean = overrides.build_hash(tmp_path)
    assert len(clean) == 12
    (tmp_path / "new").write_text("", encoding="utf-8")
    assert overrides.build_hash(tmp_path) == f"{clean}-dirty"


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert overrides.main(["--config", "prod"]) == 0
    first, second, build = shlex.split(capsys.readouterr().out)
    assert (first, second, build[:11]) == ('Stage="prod"', 'LogRetentionDays="90"', 'BuildHash="')
    assert overrides.main([], tmp_path) == 2
    assert capsys.readouterr().err.startswith("error: ")
