"""What a Jsonnet source imports, and which are not run."""

from pathlib import Path

import pytest

from dashboard_diff.imports import UnsafeError, reached


def of(root: Path, content: bytes, *libraries: str) -> set[str]:
    """The names of what a source imports in a folder with some files."""
    for name in ("lib/a.libsonnet", "lib/b.txt", "vendor/c.libsonnet", "it's.txt"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(b"{}" if name != "lib/b.txt" else b"\xff import '/etc/passwd'")
    (root / "lib" / "a.libsonnet").write_bytes(b"importstr 'b.txt'")
    (root / "main.jsonnet").write_bytes(content)
    return set(reached(root, root / "main.jsonnet", [root / each for each in libraries])) - {"main.jsonnet"}


@pytest.mark.parametrize(("content", "expected"), [
    (b"import 'lib/a.libsonnet'", {"lib/a.libsonnet", "lib/b.txt"}),  # a text is not read for imports of its own
    (b'import\n\t "lib/../lib/a.libsonnet"', {"lib/a.libsonnet", "lib/b.txt"}),
    (b"importbin@'lib/b.txt'", {"lib/b.txt"}),
    (b"""importstr "it's.txt" + importstr 'c.libsonnet'""", {"it's.txt", "vendor/c.libsonnet"}),
    (b"import 'main.jsonnet' + import 'lib' + import 'gone'", set()),
    (b"reimport 'c.libsonnet' + {'import': 'c.libsonnet'}", set()),
    (b"// import 'c.libsonnet'", {"vendor/c.libsonnet"}),
    (b"import 'c.libsonnet", set()),
    (b"import '" + b"c" * 5000 + b"'", set()),
])  # fmt: skip
def test_what_is_imported(tmp_path: Path, content: bytes, expected: set[str]) -> None:
    assert of(tmp_path, content, "vendor") == expected


@pytest.mark.parametrize("content", [
    b"import '/etc/passwd'", b'importstr"/etc/passwd"', b"[importbin @'/etc/passwd']", b"importstr '../outside'",
    rb"importstr '\u002fetc/passwd'", b"importstr @'a''b'", b"importstr /* c */ '/etc/passwd'", b"import // c\n 'x'",
    b"import # c\n 'x'", b"importstr '\xc0\xafetc/passwd'", b"importstr 'a\0b'", b"importstr 'link'",
    b"importstr '../../../../../../../../../../dev/null'",
])  # fmt: skip
def test_what_must_not_be_run(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "outside").write_bytes(b"secret")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to("../outside")
    with pytest.raises(UnsafeError):
        of(tmp_path / "root", content)


def test_imports_that_lead_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "x").symlink_to(".")
    assert of(tmp_path, b"import 'x/main.jsonnet' + import 'x/x/lib/../x/main.jsonnet'") == set()
    with pytest.raises(UnsafeError):
        reached(tmp_path, Path("/etc/hostname"), [])
