"""Checks of one rule by itself, and of what rules and dashboards read of others; each with what must stay silent."""

import pytest

from kaizen.policy.sections.rule_lint import RuleLintPolicy
from rule_lint.lint import DEFAULT, Around, lint
from rule_lint.model import Finding
from tests.unit.rule_lint.rule_samples import alert, checks, content, record


@pytest.mark.parametrize(
    ("expr", "found"),
    [
        ("up", ["no-comparison"]),
        ("rate(x_total[5m])", ["no-comparison"]),
        ("sum by (job) (x) / sum by (job) (y)", ["no-comparison"]),
        ("x > 1 or y", ["no-comparison"]),
        ('kube_pod_status_phase{phase="Failed"}', ["no-comparison"]),
        ("x > bool 5", ["bool"]),
        ("5 < bool x", ["bool"]),
        ("absent(x)", ["absent"]),
        ("absent(x) == 1", ["absent"]),
        ("x > 1 or absent(x)", ["absent"]),
        ('x{a="b", a="c"} > 1', ["impossible"]),
        ('x{a="b", a!~"b|c"} > 1', ["impossible"]),
        ('x{a!~".*"} > 1', ["impossible"]),
        ('x{a=~""} > 1', ["impossible"]),
        # What is meant.
        ("x > 1", []),
        ("x > 1 or y > 2", []),
        ("(x > bool 5) == 1", []),
        ("x and y", []),
        ("x unless y", []),
        ("count by (job) (up == 0)", []),
        ("(x > 5) / y", []),
        ("max_over_time((x > 5)[5m:])", []),
        ("absent_over_time(x[5m])", []),
        ("x > 1 unless absent(y)", []),
        ("vector(1)", []),
        ("job:errors:filtered", ["undefined"]),
        ('ALERTS{alertstate="firing"}', []),
        ('node_info{state="down"}', []),
        ('x{a=~"b|c", a!="b"} > 1', []),
        ('x{a=""} > 1', []),
        ('x{a=~"b.*", a=~".*c"} > 1', []),
    ],
)
def test_conditions(expr: str, found: list[str]) -> None:
    assert checks(alert("A", expr)) == found


def test_absent_that_waits_is_meant_and_recording_rules_need_no_comparison() -> None:
    assert checks(alert("A", "absent(x)", wait="5m"), record("a:b", "x")) == []
    assert checks(record("a:b", 'x{a="b", a="c"}')) == ["impossible"]


def test_labels_and_annotations_that_the_policy_wants() -> None:
    policy = RuleLintPolicy(required_labels=("severity", "team"), required_annotations=("summary",))
    rules = content(
        alert("Good", "x > 1", labels={"team": "a"}, annotations={"summary": "x"}),
        alert("Bad", "y > 1", annotations={"summary": ""}),
        record("a:b", "x"),
    )
    found = lint({"r.yml": rules}, policy).findings
    assert sorted(each.message for each in found) == [
        "Bad has no annotation summary, which the policy wants of every alert.",
        "Bad has no label team, which the policy wants of every alert.",
    ]
    from_group = content(alert("Good", "x > 1"), labels={"team": "a"})
    assert lint({"r.yml": from_group}, RuleLintPolicy(required_labels=("team",))).findings == ()


def found(around: Around, *rules: dict[str, object], policy: RuleLintPolicy = DEFAULT) -> list[Finding]:
    return list(lint({"r.yml": content(*rules)}, policy, around).findings)


def test_what_is_read_and_not_recorded() -> None:
    reads = alert("A", "job:x:rate5m > 1"), alert("B", "job:x:rate5m > 5", "critical")
    (undefined,) = found(Around(), *reads)
    assert (undefined.check, len(undefined.members)) == ("undefined", 2)
    assert found(Around(), *reads, record("job:x:rate5m", "x")) == []
    assert found(Around(), *reads, policy=RuleLintPolicy(recorded_elsewhere=("job:*",))) == []
    assert found(Around(complete=False), *reads) == []
    assert found(Around(), alert("A", ":native_metric > 1")) == []
    two = {"a.yml": content(record("job:x:rate5m", "x")), "b.yml": content(*reads)}
    assert lint(two).findings == ()


def test_an_alert_that_is_read_and_not_there() -> None:
    inhibited = alert("A", 'x > 1 unless on () ALERTS{alertname="B"}')
    assert [each.check for each in found(Around(), inhibited)] == ["undefined"]
    assert found(Around(), inhibited, alert("B", "y > 1")) == []
    assert found(Around(), alert("A", 'x > 1 unless on () ALERTS{alertname=~"B.*"}')) == []


def test_what_a_change_removes_is_looked_for_in_rules_and_dashboards() -> None:
    before = frozenset({("record", "job:x:rate5m"), ("record", "job:x"), ("alert", "Old")})
    panel = b'{\n"expr": "sum(job:x:rate5m{a=\\"b\\"}) + job:x:rate5m2",\n"url": "http://job:x/"}'
    around = Around(before=before, dashboards={"d.json": panel})  # type: ignore[arg-type]
    (removed,) = found(around, alert("A", "job:x:rate5m > 1"), record("job:x", "x"))
    assert (removed.check, removed.level) == ("removed", "error")
    assert [str(each.place) for each in removed.members] == ["r.yml:6", "d.json:2"]
    assert found(around, record("job:x:rate5m", "y"), record("job:x", "x")) == []


def test_what_is_removed_is_looked_for_by_its_name_with_or_without_a_colon() -> None:
    before = frozenset({("record", "instance_cpu_ratio"), ("alert", "Gone"), ("alert", "Old")})
    panel = b'{"title": "instance_cpu_ratio",\n"targets": [{"expr": "max(instance_cpu_ratio{a=\\"b\\"})"}]}'
    other = b'{"title": "instance_cpu_ratio", "targets": [{"expr": "max(instance_cpu_ratio_total)"}]}'
    around = Around(before=before, dashboards={"d.json": panel, "e.json": other})  # type: ignore[arg-type]
    reads = [
        alert("A", "instance_cpu_ratio > 5"),
        alert("B", 'ALERTS_FOR_STATE{alertname="Gone"} > 5'),
        alert("C", 'count(ALERTS{alertname=~"Gone|Old"}) > 5'),
    ]
    removed = found(around, *reads)
    assert {each.check for each in removed} == {"removed"}
    assert {each.key: [at.title or at.place.path for at in each.members] for each in removed} == {
        ("record", "instance_cpu_ratio"): ["alert A", "dashboard"],
        ("alert", "Gone"): ["alert B", "alert C"],
        ("alert", "Old"): ["alert C"],
    }
    assert [str(each.members[1].place) for each in removed if each.key[0] == "record"] == ["d.json:2"]
    assert found(Around(), reads[0]) == []  # nobody knows that it was recorded


@pytest.mark.parametrize("written", ["alertname: A", "- {alertname: 'A', eval_time: 5m}", '"alertname": "A"',
                                     "- alertname: A # why"])  # fmt: skip
def test_alerts_without_a_test(written: str) -> None:
    around = Around(tests={"t.yml": written.encode()})
    assert [each.message.split(":")[0] for each in found(around, alert("A", "x > 1"), alert("AB", "y > 1"))] == [
        "No promtool test names AB"
    ]


def test_levels_are_the_policys() -> None:
    def levels(level: str) -> list[str]:
        return [
            each.level
            for each in found(Around(), alert("A", "x"), policy=RuleLintPolicy(levels=(("no-comparison", level),)))
        ]

    assert [levels("error"), levels("note"), levels("off")] == [["error"], ["note"], []]
