"""Files read: where faults are, which documents count, and that no file does harm."""

import random
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaizen.promql.reading import MOST_OPERATORS
from kaizen.promql.tokens import weight
from kaizen.yamltree import LARGEST
from rule_lint.files import MOST_FAULTS, MOST_TOKENS, read
from rule_lint.lint import lint
from tests.effort import PROFILE, examples

HEAD = "groups:\n  - name: g\n    rules:\n      - alert: A\n"


@pytest.mark.parametrize(
    ("expr", "line", "column"),
    [
        ("        expr: up > > 1\n", 5, 20),
        ("        expr: 'up > > 1'\n", 5, 21),
        ('        expr: "up > > 1"\n', 5, 21),
        ("        expr: |\n          up\n            > > 1\n", 7, 15),
        ("        expr: |2\n            up\n          > > 1\n", 7, 13),
        ("        expr: >-\n          up\n          >\n          > 1\n", 8, 11),
        ("        expr:\n          up > > 1\n", 6, 16),
        ('        expr: "up \\u003e > 1"\n', 5, 15),  # an escape: the text as a whole
    ],
)
def test_a_fault_is_where_it_is_written(expr: str, line: int, column: int) -> None:
    (found,) = read("a.yml", (HEAD + expr).encode()).findings
    assert (found.check, found.place.line, found.place.column) == ("promql", line, column)


def test_every_document_is_read_and_the_first_alone_counts() -> None:
    body = HEAD + "        expr: up == 0\n"
    file = read("a.yml", f"{body}---\n{body.replace('alert: A', 'alert: B')}".encode())
    assert [each.name for each in file.rules] == ["A", "B"]
    (found,) = file.findings
    assert (found.check, found.level, found.place.line) == ("documents", "warning", 7)


def test_resources_of_kubernetes_are_read_any_number_of_them() -> None:
    resource = (
        "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec:\n  groups:\n  - name: g\n"
        "    partial_response_strategy: warn\n    rules:\n    - alert: {}\n      expr: up == 0\n"
    )
    service = "apiVersion: v1\nkind: Service\nspec: {groups: 5}\n"
    file = read("a.yml", "---\n".join([resource.format("A"), service, resource.format("B")]).encode())
    assert [(each.name, each.place.line) for each in file.rules] == [("A", 8), ("B", 22)]
    assert file.findings == ()


RESOURCE = "apiVersion: monitoring.coreos.com/v1\nkind: {}\nspec: {{groups: [{{name: g, rules: [{}]}}]}}\n"
BAD_RULE = '{alert: A, expr: "sum(up"}'


def test_an_empty_document_is_the_first_one_too() -> None:
    file = read("a.yml", f"---\n---\n{HEAD}        expr: up == 0\n".encode())
    assert [(each.check, each.level, each.place.line) for each in file.findings] == [("documents", "warning", 3)]
    for fine in (
        f"---\n{HEAD}        expr: up == 0\n---\n",
        "---\n---\n",
        f"---\n---\n{RESOURCE.format('PrometheusRule', '')}",
    ):
        assert read("a.yml", fine.encode()).findings == ()


def test_a_resource_that_looks_like_rules_is_not_passed_over() -> None:
    (found,) = read("a.yml", RESOURCE.format("PrometheusRules", BAD_RULE).encode()).findings
    assert (found.check, found.level) == ("unread", "warning")
    assert "of the kind 'PrometheusRules'" in found.message
    service = "apiVersion: v1\nkind: Service\nspec: {ports: []}\n"
    (found,) = read("a.yml", service.encode()).findings
    assert (found.check, found.level) == ("unread", "note")


def test_a_list_of_resources_is_read() -> None:
    inside = RESOURCE.format("PrometheusRule", BAD_RULE).replace("\n", "\n  ")
    file = read("a.yml", f"apiVersion: v1\nkind: List\nitems:\n- {inside}\n- x\n".encode())
    assert [(each.check, each.place.line) for each in file.findings] == [("promql", 6)]
    assert len(file.rules) == 1


def test_raw_texts_are_kept_as_they_are() -> None:
    labels = "        expr: 1\n        labels: {a: yes, b: 1.50, c: 0x10, d: 2024-01-01, e: ~}\n"
    (rule,) = read("a.yml", (HEAD + labels).encode()).rules
    assert rule.labels == {"a": "yes", "b": "1.50", "c": "0x10", "d": "2024-01-01", "e": ""}


def test_a_template_of_helm_is_a_note_and_a_broken_file_is_an_error() -> None:
    helm = "groups:\n{{- range .Values.rules }}\n  - name: {{ .name }}\n{{- end }}\n"
    assert [(each.check, each.level) for each in read("a.yml", helm.encode()).findings] == [("template", "note")]
    broken = HEAD + "        expr: up\n        annotations: {a: '{{ $value }}'\n"
    assert [(each.check, each.level) for each in read("a.yml", broken.encode()).findings] == [("yaml", "error")]


def test_an_expression_that_is_too_much_is_not_passed_over() -> None:
    text = HEAD + f"        expr: '{'(' * 10_000}x{')' * 10_000}'\n"
    (found,) = read("a.yml", text.encode()).findings
    assert (found.check, found.level) == ("unread", "warning")


def test_names_of_utf_8_are_taken_and_braces_are_an_expression() -> None:
    rule = '  - record: "{}"\n    expr: rate({{"http.server.duration"}}[5m])\n    labels: {{"service.name": x}}\n'
    text = 'groups:\n- name: g\n  labels: {"service.name": x}\n  rules:\n'
    assert read("a.yml", (text + rule.format("http.server.duration:rate5m")).encode()).findings == ()
    (found,) = read("a.yml", (text + rule.format("a{b}")).encode()).findings
    assert (found.check, found.message) == ("rule-file", "'a{b}' is no name for a metric")


def test_a_key_of_another_product_is_named() -> None:
    (found,) = read("a.yml", (HEAD + "        expr: up\n    partial_response_strategy: warn\n").encode()).findings
    assert "it is of Thanos" in found.message


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{above}'] * 9)}]\n" for above, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "content",
    [
        BOMB.encode(),
        b"[" * 100_000,
        b"- " * 50_000,
        b"{a: " * 50_000,
        b"? " * 50_000,
        b"&a [*a]",
        b"a: &a {<<: *a}",
        b"x" * (LARGEST + 1),
        b"\xff\xfe",
        b"\x00",
        b"%YAML 9.9\n---\n",
        b"!!python/object:os.system x",
        b"a: !!binary x",
    ],
)
def test_hostile_files_are_answered(content: bytes) -> None:
    assert lint({"a.yml": content}).count("error") + lint({"a.yml": content}).count("warning") > 0


@pytest.mark.parametrize("action", ["{{" + "/**/" * 5000 + "}}", "{{- /* a */" * 5000, "{{" * 5000, "{{`" * 5000])
def test_templates_of_many_parts_are_answered(action: str) -> None:
    file = read("a.yml", (HEAD + f"        expr: x > 1\n        annotations: {{a: '{action}'}}\n").encode())
    assert len(file.findings) == (not action.endswith("}}"))


def _many(make: Callable[[int], str], least: int = 900_000) -> bytes:
    """Rules one after another, until the file is large."""
    text, number = [HEAD.rpartition("      - ")[0]], 0
    while sum(map(len, text[-1:])) * number < least:
        text.append(make(number))
        number += 1
    return "".join(text).encode()


def test_an_expression_too_many_ends_the_reading_of_a_file_and_is_said_once() -> None:
    chain = "+".join(["x"] * MOST_OPERATORS)
    file = read("a.yml", _many(lambda number: f"      - alert: A{number}\n        expr: {chain} > {number}\n"))
    assert [(each.check, each.level) for each in file.findings] == [("unread", "warning")]
    read_ones = [each for each in file.rules if each.expression is not None]
    assert sum(weight(each.text) for each in read_ones) <= MOST_TOKENS
    assert len(read_ones) > 300
    assert len(file.rules) > 3000


def test_large_texts_that_are_used_again_are_a_bomb_too() -> None:
    text = HEAD + f"        expr: &long '{'x' * 100_000}'\n" + "      - {alert: B, expr: *long}\n" * 100
    (found,) = read("a.yml", text.encode()).findings
    assert (found.check, found.message) == ("unread", "the file has more than 200000 parts")


@pytest.mark.parametrize("line", ["    k{}: b\n", "      - {{a{}: b}}\n", "      - x{}\n"])
def test_faults_without_end_are_cut_and_said(line: str) -> None:
    text = HEAD + "        expr: x\n" + "".join(map(line.format, range(20_000)))
    findings = read("a.yml", text.encode()).findings
    assert len(findings) == MOST_FAULTS + 1
    assert (findings[-1].check, findings[-1].message) == ("unread", "from here on no fault is listed: too many")


def test_labels_beyond_reason_are_left_out_and_said() -> None:
    labels = "".join(f"      l{number}: a\n" for number in range(5000))
    rules = "".join(f"      - {{alert: A{number}, expr: x}}\n" for number in range(50))
    file = read("a.yml", f"groups:\n  - name: g\n    labels:\n{labels}    rules:\n{rules}".encode())
    assert [each.message for each in file.findings] == ["only the first 100 of 5000 labels are looked at"]
    assert {len(each.labels) for each in file.rules} == {100}


def test_clashes_are_looked_for_as_long_as_there_is_time_and_the_rest_is_counted() -> None:
    def clashing(number: int) -> str:
        """Two clash, and of the others that is not decided."""
        expr = f"x * {number}" if number % 50 < 2 else f"x{{a=~'.*{number}.*'}}"
        return f"      - record: a:b{number // 50}\n        expr: {expr}\n"

    report = lint({"a.yml": _many(clashing)})
    assert report.skipped > 0
    assert [each.check for each in report.findings].count("record-clash") > 5


@settings(max_examples=examples(300))
@given(
    st.binary(max_size=200) | st.text(alphabet="groups:nameul[]{}-&*!|>'\"%@`#?,\n\t x", max_size=200).map(str.encode)
)
def test_any_bytes_are_a_report(content: bytes) -> None:
    lint({"a.yml": content})


SEED = (
    f"{HEAD}        expr: sum by (job) (rate(x_total{{a=~'b|c'}}[5m])) > 5\n        for: 5m\n"
    "        labels: {severity: page}\n        annotations: {summary: 'It is {{ $value }}'}\n"
    "      - record: a:b\n        expr: |\n          x\n          / y\n"
)
_PIECES = [
    ":", "- ", "\n", "  ", "{", "}", "[", "]", "'", '"', "|", ">", "&a", "*a", "#", "(", ")", "5m", "\t", "\x00", "é",
    "---\n", "expr: ", "record: ", "<<: ", "@", "`", "%", "!!int ", "{{", "}}", "/*", "*/", "{{/**/",
    "{{" + "/**/" * 2000, "{{- /* " * 2000, "(" * 2000, "[" * 2000, "{a: " * 500,
    "# kaizen: disable copy until 2030-01-01 x\n",
]  # fmt: skip


def test_two_thousand_bent_files_are_answered() -> None:
    """Seeded: a failure comes back. A hundred thousand of them in a soak."""
    rng = random.Random(14)
    for _ in range(examples(2000)):
        text = SEED
        for _ in range(rng.randint(1, 8)):
            at, cut = rng.randrange(len(text)), rng.choice([0, 0, 1, 5, 40])
            text = text[:at] + rng.choice(_PIECES) + text[at + cut :]
        start = time.process_time()
        report = lint({"a.yml": text.encode(), "b.yml": SEED.encode()})
        assert PROFILE != "soak" or time.process_time() - start < 4 * 5  # five seconds, on a slow machine
        assert all(each.message and each.todo and each.place.line > 0 for each in report.findings)
