"""The template's parameters for `make deploy`: those of samconfig.toml, and the build that is deployed.

    python -m tools.overrides --config prod

`sam deploy --parameter-overrides` replaces those of samconfig.toml, so that both are given together here. A BuildHash
of samconfig.toml stands. Exit status 2 where samconfig.toml cannot be read so.
"""

import argparse
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
NAME = "BuildHash"
_PAIR = re.compile(r"[A-Za-z0-9]+=")


def merged(samconfig: dict[str, Any], config: str, build: str) -> list[str]:
    """`Name=Value`, in the order of samconfig.toml. Raises ValueError for overrides of another shape."""
    given = samconfig.get(config, {}).get("deploy", {}).get("parameters", {}).get("parameter_overrides", [])
    pairs = shlex.split(given) if isinstance(given, str) else given
    if not isinstance(pairs, list) or not all(isinstance(each, str) and _PAIR.match(each) for each in pairs):
        raise ValueError(f"samconfig.toml: {config}.deploy.parameters.parameter_overrides holds more than Name=Value")
    if any(each.partition("=")[0] == NAME for each in pairs):
        return pairs
    return [*pairs, f"{NAME}={build}"]


def quoted(pair: str) -> str:
    """As SAM reads it from the command line: else a value ends at its first space, and an empty one is refused."""
    name, _, value = pair.partition("=")
    escaped = value.replace('"', '\\"')
    return f'{name}="{escaped}"'


def build_hash(root: Path) -> str:
    """Twelve digits of the commit, with `-dirty` where files differ from it; empty outside of git."""
    try:
        commit = _git(root, "rev-parse", "--short=12", "HEAD")
        return f"{commit}-dirty" if _git(root, "status", "--porcelain") else commit
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)  # noqa: S603, S607 - our own words
    return done.stdout.strip()


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.overrides")
    parser.add_argument("--config", default="default")
    given = parser.parse_args(arguments)
    try:
        samconfig = tomllib.loads((root / "samconfig.toml").read_text(encoding="utf-8"))
        pairs = merged(samconfig, given.config, build_hash(root))
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(shlex.join(map(quoted, pairs)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
