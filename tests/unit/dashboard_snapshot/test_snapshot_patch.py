"""A patch makes git equal what Grafana holds, and touches nothing else."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard_snapshot.jsonedit import edited, same
from dashboard_snapshot.jsontext import JsonTextError, parse
from dashboard_snapshot.patching import PatchError, patch
from dashboard_snapshot.unidiff import unified

FILE = """{
    "title" : "Shop", "uid": "shop",
    "version": 7,
    "panels": [
        {"id": 1, "title": "Orders", "targets": [{"expr": "up", "refId": "A"}]},
        {
            "title": "Errors",
            "calcs": ["mean", "max"],
            "id": 2
        }
    ],
    "tags": [],
    "id": null
}
"""
LIVE: dict[str, Any] = json.loads(FILE) | {"id": 9, "version": 12}
NAMES = st.sampled_from(["id", "title", "refId", "a", "b", "ü\u2028"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=25
)
STYLES = st.sampled_from(
    [{"indent": 2}, {"indent": "\t"}, {"indent": 4, "ensure_ascii": False}, {}, {"separators": (",", ":")}]
)


def apply(folder: Path, path: str, file: bytes, text: str) -> bytes:
    """What `git apply` makes of it."""
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(file)
    subprocess.run(["git", "apply", "--whitespace=nowarn"], cwd=folder, input=text.encode(), check=True)
    return target.read_bytes()


@given(old=st.dictionaries(NAMES, VALUES, max_size=6), new=st.dictionaries(NAMES, VALUES, max_size=6), style=STYLES)
def test_whatever_is_wanted_is_what_it_says_then(
    old: dict[str, Any], new: dict[str, Any], style: dict[str, Any]
) -> None:
    text = json.dumps(old, **style)
    made = edited(text, new)
    assert same(json.loads(made), new)
    assert same(parse(made).root.value, new)
    assert edited(made, new) == made
    assert edited(text, old) == text


@given(
    old=st.dictionaries(NAMES, VALUES, min_size=1, max_size=6),
    style=STYLES,
    data=st.data(),
    end=st.sampled_from(["", "\n"]),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_git_takes_the_patch_and_then_equals_grafana(
    tmp_path_factory: pytest.TempPathFactory, old: dict[str, Any], style: dict[str, Any], data: st.DataObject, end: str
) -> None:
    name = data.draw(st.sampled_from(sorted(old)))
    new = old | {name: data.draw(VALUES), "title": "T"}
    file = (json.dumps(old, **style) + end).encode()
    text = patch("d b/x.json", file, json.dumps(new).encode())
    if not text:
        return
    applied = json.loads(apply(tmp_path_factory.mktemp("git"), "d b/x.json", file, text))
    own = {each: old[each] for each in ("id", "version") if each in old}
    assert same(applied, {each: value for each, value in new.items() if each not in ("id", "version")} | own)


def test_only_lines_that_change_are_touched_in_the_file_s_own_style(tmp_path: Path) -> None:
    live = json.loads(json.dumps(LIVE))
    live["panels"][0]["targets"][0]["expr"] = "down"
    live["panels"][1]["calcs"].append("last")
    live["panels"][1]["unit"] = "s"
    live["panels"].append({"id": 3, "title": "New"})
    text = patch("d/shop.json", FILE.encode(), json.dumps(dict(reversed(live.items()))).encode())
    assert [line for line in text.splitlines()[2:] if line[0] in "+-"] == [
        '-        {"id": 1, "title": "Orders", "targets": [{"expr": "up", "refId": "A"}]},',
        '+        {"id": 1, "title": "Orders", "targets": [{"expr": "down", "refId": "A"}]},',
        '-            "calcs": ["mean", "max"],',
        '-            "id": 2',
        '+            "calcs": ["mean", "max", "last"],',
        '+            "id": 2,',
        '+            "unit": "s"',
        "+        },",
        "+        {",
        '+            "id": 3,',
        '+            "title": "New"',
    ]
    assert json.loads(apply(tmp_path, "d/shop.json", FILE.encode(), text)) == live | {"id": None, "version": 7}


def test_a_file_that_says_the_same_needs_no_patch() -> None:
    assert patch("x.json", FILE.encode(), json.dumps(LIVE).encode()) == ""
    assert patch("x.json", b'{"title": "T", "max": 1.0}', b'{"title":"T","max":1}') == ""


@pytest.mark.parametrize(
    ("file", "live"),
    [
        (b'{"meta": {"x": 1}, "dashboard": {"uid": "u", "title": "Old"}}', {"uid": "u", "title": "New"}),
        (
            b'{"apiVersion": "dashboard.grafana.app/v1beta1", "kind": "Dashboard", "spec": {"title": "Old"}}',
            {"uid": "u", "title": "New"},
        ),
    ],
)
def test_an_envelope_stays(file: bytes, live: dict[str, Any]) -> None:
    assert [line[0] for line in patch("x.json", file, json.dumps(live).encode()).splitlines()[3:]] == [
        "-",
        "\\",
        "+",
        "\\",
    ]
    assert '"New"' in patch("x.json", file, json.dumps(live).encode())
    assert '"meta": {"x": 1}' in patch("x.json", file, json.dumps(live).encode()) or b"meta" not in file


@pytest.mark.parametrize(
    ("path", "file", "words"),
    [
        ("x.json", b'{"a": 1, "a": 2}', "a name twice"),
        ("x.json", b"{", "not JSON"),
        ("x.json", b"[1]", "no JSON object"),
        ("x.json", b'{"a": NaN}', "not JSON"),
        ("x.json", b'\xff{"a": 1}', "not UTF-8"),
        ('a"b.json', b"{}", "cannot name"),
        ("x.json", b'{"apiVersion": "v1", "kind": "Dashboard", "spec": {"json": "{}"}}', "as text"),
    ],
)
def test_where_there_is_no_patch_it_says_why(path: str, file: bytes, words: str) -> None:
    with pytest.raises(PatchError, match=words):
        patch(path, file, b'{"title": "T"}')


@given(text=st.text(max_size=30))
def test_what_is_read_is_what_json_reads(text: str) -> None:
    try:
        expected = json.loads(text, parse_constant=lambda _: 1 / 0)
    except (ValueError, ZeroDivisionError):
        with pytest.raises(JsonTextError):
            parse(text)
        return
    assert same(parse(text).root.value, expected)


def test_diffs_are_gnu_s(tmp_path: Path) -> None:
    """Far changes are hunks of their own, near ones share one; a last line without a line feed is marked."""
    old = "".join(f"{number}\n" for number in range(40))
    new = old.replace("5\n", "five\n", 1).replace("11\n", "eleven\n").replace("30\n", "").removesuffix("\n")
    (tmp_path / "old").write_text(old)
    (tmp_path / "new").write_text(new)
    said = subprocess.run(["diff", "-u", "old", "new"], cwd=tmp_path, capture_output=True, text=True).stdout
    assert unified(old, new, "old", "new").splitlines()[2:] == said.splitlines()[2:]
    assert unified("", "a\n", "/dev/null", "b").splitlines()[2:] == ["@@ -0,0 +1 @@", "+a"]
