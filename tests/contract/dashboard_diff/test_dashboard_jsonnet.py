"""Jsonnet sources of a repository, rendered by the real program at both commits."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard_diff import rendering
from dashboard_diff.command import DIFFERENT, SAME, main
from tests.unit.dashboard_diff.dashboard_samples import Json, dashboard, panel

BOARD, LIBRARY = "grafana/dashboards/checkout.jsonnet", "lib/panels.libsonnet"
SOURCE = f"(import '../../lib/panels.libsonnet') + {json.dumps(dashboard(panel('Orders')))}"
Told = Callable[..., str]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """A repository with a source and its library on main; what is told of changes to it, files by their names."""
    monkeypatch.chdir(tmp_path)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    git("init", "-q", "-b", "main")
    commit({BOARD: SOURCE, LIBRARY: "{ tags: ['a'] }"})
    git("checkout", "-q", "-b", "change")

    def compared(files: dict[str, str | None] | None = None, *arguments: str) -> str:
        if files:
            commit(files)
        code = main(["git", "main..change", *arguments])
        assert code in (SAME, DIFFERENT)
        return capsys.readouterr().out

    return compared


def git(*arguments: str) -> None:
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments], check=True)


def commit(files: dict[str, str | None]) -> None:
    for name, content in files.items():
        if content is None:
            Path(name).unlink()
        else:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(content, encoding="utf-8")
    git("add", "-A")
    git("commit", "-q", "-m", "x")


def on_main(files: dict[str, str | None]) -> None:
    """What both commits begin with."""
    commit(files)
    git("branch", "-q", "-f", "main")


def source(given: Json) -> str:
    return json.dumps(given)


def test_a_source_is_compared_by_what_it_gives(told: Told) -> None:
    out = told({BOARD: SOURCE.replace("[5m]", "[10m]"), "grafana/dashboards/plain.json": source(dashboard(panel("P")))})
    assert f"{BOARD}\n  changed panel Orders" in out
    assert "window 5m → 10m" in out
    assert "grafana/dashboards/plain.json\n  added" in out
    assert out.count("1 panel changed, 1 dashboard added") == 1


def test_an_import_that_changes_is_a_change_of_each_source_that_has_it(told: Told) -> None:
    on_main(
        {"grafana/dashboards/alone.jsonnet": source(dashboard(panel("Alone"))), "docs/dashboards/x.jsonnet": SOURCE}
    )
    out = told({LIBRARY: "{ tags: ['b'] }"})
    assert out.count("tags") == 2
    assert BOARD in out
    assert "docs/dashboards/x.jsonnet" in out
    assert "alone.jsonnet" not in out
    assert told({LIBRARY: "// the same\n{ tags: ['a'] }"}).count("no changes") == 3
    assert told({"README.md": "x", LIBRARY: "{ tags: ['a'] }"}) == "\nno changes\n"


def test_the_nearest_folder_of_libraries_comes_first(told: Told) -> None:
    use = f"(import 'grafonnet/x.libsonnet') + {source(dashboard(panel('Orders')))}"
    on_main({
        BOARD: use, "vendor/grafonnet/x.libsonnet": "{ tags: ['far'] }",
        "grafana/vendor/github.com/x.libsonnet": "{ tags: ['near'] }",
    })  # fmt: skip
    Path("grafana/vendor/grafonnet").symlink_to("github.com")  # as jsonnet-bundler makes them
    on_main({"README.md": "x"})
    assert told({"vendor/grafonnet/x.libsonnet": "{ tags: ['other'] }"}).count("no changes") == 2
    assert "near" in told({"grafana/vendor/github.com/x.libsonnet": "{ tags: ['nearer'] }"})


def test_where_libraries_are_not_committed_it_says_so(told: Told) -> None:
    use, words = {BOARD: "import 'grafonnet/x.libsonnet'"}, "its folder vendor must be committed."
    assert "couldn't open import" in (out := told(use))
    assert words not in out
    out = told({"grafana/jsonnetfile.json": "{}", ".gitignore": "vendor", "grafana/vendor/grafonnet/x.libsonnet": "{}"})
    assert "couldn't open import" in out
    assert f"Nothing is installed from jsonnetfile.json: {words}" in out
    assert words not in told({BOARD: "{ title: error 'x' }"})


def test_new_renamed_and_removed_sources(told: Told) -> None:
    out = told({BOARD: None, "grafana/dashboards/shop.jsonnet": SOURCE})
    assert f"grafana/dashboards/shop.jsonnet (was {BOARD})\n  no changes" in out
    fresh = source(dashboard(panel("Fresh"), uid="fresh", title="Fresh and quite different"))
    assert "new.jsonnet\n  added   dashboard" in told({"docs/dashboards/new.jsonnet": fresh})
    assert "BREAKS  the dashboard is removed" in told({"grafana/dashboards/shop.jsonnet": None})
    assert "shop.jsonnet" not in told({}, "docs")


def test_a_source_with_several_dashboards(told: Told) -> None:
    named = {"a.json": dashboard(panel("A"), uid="a"), "b.json": dashboard(panel("B"), uid="b")}
    on_main({BOARD: source(named), "docs/dashboards/list.jsonnet": source(list(named.values()))})  # type: ignore[arg-type]
    named["b.json"] = dashboard(panel("B", "other_total"), uid="b")
    out = told({BOARD: source(named), "docs/dashboards/list.jsonnet": source(list(named.values())[::-1])})  # type: ignore[arg-type]
    assert f"{BOARD}: b.json\n  changed panel B" in out
    assert "docs/dashboards/list.jsonnet: b\n  changed panel B" in out
    assert out.count("changed panel") == 2
    assert "a.json" not in out
    assert "no more than 200 are compared" in told({BOARD: "{ [std.toString(i)]: {} for i in std.range(1, 201) }"})


@pytest.mark.parametrize("name", ["other", "meta"])
def test_a_dashboard_with_the_name_dashboard_hides_no_other(told: Told, name: str) -> None:
    named = {"dashboard": dashboard(panel("A"), uid="a"), name: dashboard(panel("B"), uid="b")}
    on_main({BOARD: source(named)})
    named[name] = dashboard(panel("B", "other_total"), uid="b")
    assert f"{BOARD}: {name}\n  changed panel B" in told({BOARD: source(named)})


def test_an_answer_of_grafana_is_one_dashboard(told: Told) -> None:
    on_main({BOARD: source({"dashboard": dashboard(panel("A")), "meta": {"slug": "a"}})})
    out = told({BOARD: source({"dashboard": dashboard(panel("A", "other_total")), "meta": {"slug": "a"}})})
    assert f"{BOARD}\n  changed panel A" in out
    assert "compared" not in out


PLAIN, OLD, NEW = "grafana/dashboards/checkout.json", dashboard(panel("A")), dashboard(panel("A", "other_total"))
OTHER = dashboard(panel("B"), uid="b", title="B")


@pytest.mark.parametrize(("before", "after", "heading"), [
    ({PLAIN: OLD}, {BOARD: NEW}, f"{BOARD} (was {PLAIN})"),
    ({BOARD: OLD}, {PLAIN: NEW}, f"{PLAIN} (was {BOARD})"),
    ({BOARD: {"x": OLD, "b": OTHER}}, {BOARD: {"y": NEW, "b": OTHER}}, f"{BOARD}: y (was {BOARD}: x)"),
    ({BOARD: OLD}, {BOARD: {"y": NEW}}, f"{BOARD}: y (was {BOARD})"),
    ({BOARD: [OLD, OTHER]}, {BOARD: [OTHER], PLAIN: NEW}, f"{PLAIN} (was {BOARD}: checkout)"),
])  # fmt: skip
def test_a_dashboard_that_is_written_elsewhere_is_the_same(told: Told, before: Json, after: Json, heading: str) -> None:
    Path(BOARD).unlink()
    on_main({name: json.dumps(given) for name, given in before.items()})
    gone: dict[str, str | None] = {name: None for name in before if name not in after}
    out = told(gone | {name: json.dumps(given) for name, given in after.items()})
    assert f"{heading}\n  changed panel A" in out
    assert out.endswith("\n1 panel changed; nothing breaks (changed queries were not asked)\n")


def test_two_dashboards_of_one_uid_are_both_compared(told: Told) -> None:
    """Grafana would keep one of them; which one is not ours to say."""
    twice = [dashboard(panel("A")), dashboard(panel("B"))]
    on_main({BOARD: json.dumps(twice)})
    out = told({BOARD: json.dumps([dashboard(panel("A", "x_total")), dashboard(panel("B", "y_total"))])})
    assert f"{BOARD}: checkout\n  changed panel A" in out
    assert f"{BOARD}: checkout, number 2\n  changed panel B" in out
    out = told({BOARD: None, "docs/dashboards/a.json": json.dumps(twice[0])})
    assert out.count("the dashboard is removed") == 2  # there is no telling which of them went there
    assert "docs/dashboards/a.json\n  added" in out


def test_a_uid_that_changes_in_a_list_is_told_as_that(told: Told) -> None:
    listed = [dashboard(panel("A"), uid="a", title="A"), dashboard(panel("B"), uid="b", title="B")]
    on_main({BOARD: source(listed)})  # type: ignore[arg-type]
    listed[1]["uid"] = "c"
    out = told({BOARD: source(listed)})  # type: ignore[arg-type]
    assert f"{BOARD}: c (was {BOARD}: b)" in out
    assert "BREAKS  the uid changes: b → c" in out
    assert "the dashboard is removed" not in out


@pytest.mark.parametrize(("given", "words"), [
    ("{ title: error 'no such @somebody' }", "Not rendered: now, RUNTIME ERROR: no such @somebody grafana/dashboards/"),
    ("{", "Not rendered: now, STATIC ERROR: grafana/dashboards/checkout.jsonnet:1:2"),
    ("import 'gone.libsonnet'", "couldn't open import"),
    ("{ a: importstr '/etc/hostname' }", "it imports '/etc/hostname', and only files of the repository are read"),
    ("{ a: importstr '../../../../../../../../../../etc/hostname' }", "'hostname' from outside of the repository"),
    ("std.makeArray(1e9, function(i) i)", "Not rendered: now, "),
    ("local d(s, n) = if n == 0 then s else d(s + s, n - 1); d('x', 25)", "it gives more than 32 MiB"),
    ("{}", "Not a dashboard: now, it has no title"),
])  # fmt: skip
def test_what_gives_no_dashboard_is_told_in_words(told: Told, given: str, words: str) -> None:
    out = told({BOARD: given})
    assert words in out
    assert out.endswith("nothing that could be compared\n")
    assert "kaizen-jsonnet" not in out  # our own folder
    assert told({BOARD: SOURCE, "README.md": "x"}) == "\nno changes\n"


def test_a_source_that_never_ends_is_stopped(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "SECONDS", 1)
    assert "it was stopped after 1 s" in told({BOARD: "local f(x) = f(x + 1) tailstrict; f(1)"})
    monkeypatch.setattr("dashboard_diff.jsonnet.ALL_SECONDS", -1)
    assert "no time was left" in told()


def test_a_source_that_renders_now_counts_as_new(told: Told) -> None:
    on_main({BOARD: "{"})
    out = told({BOARD: SOURCE}, "--format", "markdown")
    assert "Not rendered: before, STATIC ERROR" in out
    assert "All of it counts as new." in out
    assert "🆕 dashboard" in out
    on_main({BOARD: "{", "docs/dashboards/a.json": SOURCE[SOURCE.index("{") :]})
    out = told({BOARD: SOURCE, "docs/dashboards/a.json": None})
    assert "the dashboard is removed" in out  # it may have been there as well
    assert "All of it counts as new." in out


def test_what_a_source_may_use_is_limited(told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory, and no environment: jsonnet would look for imports wherever that says."""
    library = tmp_path.parent / f"{tmp_path.name}-outside" / "secret.libsonnet"
    library.parent.mkdir()
    library.write_text("{}", encoding="utf-8")
    monkeypatch.setenv("JSONNET_PATH", str(library.parent))
    assert "couldn't open import" in told({BOARD: "import 'secret.libsonnet'"})
    large = {BOARD: "std.length(std.makeArray(1000000, function(i) { a: i, b: i + 1 }))"}
    assert "Not a dashboard: now" in told(large)
    monkeypatch.setattr(rendering, "_MEMORY", 64 << 20)
    assert "Not rendered: now, FATAL ERROR: a memory allocation error occurred." in told()


def test_links_to_outside_are_not_followed(told: Told, tmp_path: Path) -> None:
    for name, target in (("grafana/dashboards/link.libsonnet", "/etc/hostname"), ("grafana/vendor", "/etc")):
        Path(name).symlink_to(target)
    files = {BOARD: "{ a: importstr 'link.libsonnet' }", "docs/dashboards/x.jsonnet": "{ a: importstr 'hostname' }"}
    out = told({**files, "grafana/dashboards/y.jsonnet": "{ a: importstr 'hostname' }"})
    assert "it imports 'link.libsonnet' from outside of the repository" in out
    assert "it imports 'hostname' from outside of the repository" in out


def test_without_the_program_it_is_said(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "Not rendered: now, the program jsonnet is not installed." in told({BOARD: "{}"})


def test_it_runs_from_a_folder_below_and_leaves_nothing(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    commit({BOARD: SOURCE.replace("[5m]", "[10m]")})
    monkeypatch.chdir("grafana")
    assert "window 5m → 10m" in told()
    status = subprocess.run(["git", "status", "--porcelain"], capture_output=True, check=True)
    assert status.stdout == b""
