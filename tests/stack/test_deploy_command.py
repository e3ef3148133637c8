"""`make deploy` up to AWS's first answer: it finds what is built, its configuration and its stack."""

import os
import subprocess
from pathlib import Path

import pytest

from local import paths


@pytest.mark.parametrize("config", ["default", "dev", "prod"])
def test_deploy_ends_at_the_missing_credentials_and_not_before(config: str, tmp_path: Path) -> None:
    """`-o build` takes what `make test` has built; without credentials SAM asks AWS for nothing."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nobody = {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "eu-west-1"}
    done = subprocess.run(
        ["make", "-o", "build", "deploy", f"CONFIG={config}"],
        cwd=paths.ROOT,
        env=kept | nobody,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "Unable to locate credentials" in done.stdout + done.stderr
