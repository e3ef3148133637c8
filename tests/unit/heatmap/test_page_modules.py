"""The page's own tests, run by node, and its JSDoc types, checked by TypeScript."""

import shutil
import subprocess
from pathlib import Path

import pytest

from local import paths

HERE = Path(__file__).parent
WEB = paths.ROOT / "functions" / "phase_heatmap" / "web"
TSC = paths.BUILD / "node" / "node_modules" / ".bin" / "tsc"


@pytest.mark.parametrize("module", sorted(HERE.glob("*.test.mjs")), ids=lambda path: path.stem)
def test_in_node(module: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.fail("node is not installed: the page's modules cannot be tested without it (Debian package `nodejs`)")
    done = subprocess.run([node, "--test", str(module)], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout


def test_types() -> None:
    if not TSC.exists():
        pytest.fail("TypeScript is not installed: `make .build/node/.done` does it")
    done = subprocess.run([str(TSC), "-p", str(WEB)], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout


def test_nothing_comes_from_elsewhere() -> None:
    """No import leads out of the folder, and no address of another host is in it: nothing to build or to fetch."""
    for path in WEB.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        for line in text.splitlines():
            if line.startswith(("import ", "export ")) and " from " in line:
                assert line.rpartition(" from ")[2].strip('";').startswith("./"), line
        assert "http://" not in text
        assert "https://" not in text
