"""One version: the package says it to Prometheus, the project to everyone else."""

import tomllib

import kaizen
from tests.architecture.house import ROOT


def test_the_package_and_the_project_have_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert kaizen.__version__ == project["version"]
