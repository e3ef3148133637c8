"""The comment: in order, within GitHub's limit, and with nothing in it that a hostile text makes happen."""

import re

from markdown_it import MarkdownIt

from kaizen.github.comments import LONGEST, length
from kaizen.github.markdown import block, code, plain, prose
from rule_lint import comment
from rule_lint.changes import changes
from rule_lint.lint import DEFAULT, lint
from rule_lint.severities import Ranks
from tests.unit.rule_lint.rule_samples import alert, content, record

HOSTILE = [
    "`` ` ``` x",
    "<!-- kaizen:dashdiff:v1 -->",
    "<img src=x onerror=alert(1)>",
    "@octo-dev @org/team",
    "[click](https://evil.example)",
    "![pixel](https://evil.example/p.png)",
    "a | b | c",
    "# not a heading",
    "line\n\n## heading\n- item",
    "\u202egnp.exe\u200b",
    "#1 GH-1 https://evil.example www.evil.example",
    "x" * 10_000,
    "&lt;b&gt; &#64;octo-dev",
    "$E=mc^2$ ~~gone~~ **loud**",
]


def written(before: bytes, after: bytes, **more: object) -> str:
    one, other = lint({"r.yml": before}), lint({"r.yml": after})
    known = {each.id for each in one.findings}
    return comment.write(
        comment.Subject(
            other,
            tuple(each for each in other.findings if each.id not in known),
            changes(one.files, other.files, Ranks(DEFAULT.severities)),
            lambda place, gone: f"https://github.com/o/r/blob/{'b' if gone else 'a'}/{place.path}#L{place.line}",
            "c" * 40,
            **more,  # type: ignore[arg-type]
        )
    )


def shown(markdown: str) -> str:
    return str(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown))


def test_what_is_wrong_comes_first_and_old_findings_are_counted() -> None:
    before = content(alert("A", "x > 5"), alert("A", "x > 5"))
    after = content(alert("A", "x > 5"), alert("A", "x > 5"), alert("W", "y > 9"), alert("C", "y > 5", "critical"))
    text = written(before, after)
    assert text.startswith(comment.MARKER)
    assert "**1 error** in what this pull request changes" in text
    assert text.index("What is wrong") < text.index("**inverted-ladder**") < text.index("What changes")
    assert "https://github.com/o/r/blob/a/r.yml#L" in text
    assert "1 finding not of this pull request left out" in text


def test_a_risk_is_named_for_what_it_is() -> None:
    text = written(content(alert("A", "x >= 5", "critical")), content(alert("A", "x > 5", "warning")))
    assert "`condition >= 5 → > 5` ⚠️ *fires less*" in text
    assert "`severity critical → warning` ⚠️ *less severe*" in text


def test_nothing_wrong_is_said_and_gaps_are_no_success() -> None:
    rules = content(alert("A", "x > 5"))
    assert "🟢 **Nothing wrong**" in written(rules, rules)
    partly = written(rules, rules, left_out=("big.yml was not read.",))
    assert "Nothing wrong" not in partly
    assert "big.yml was not read." in partly


def test_hostile_text_is_shown_and_does_nothing() -> None:
    for hostile in HOSTILE:
        rules = [
            alert(hostile, f"x{{a={_quoted(hostile)}}} > 5", hostile),
            alert(hostile, f"x{{a={_quoted(hostile)}}} > 5", hostile),
            alert("B", hostile, labels={"team": hostile}),
            record("a:b", "x", a=hostile),
        ]
        text = written(content(record("a:b", "x", a="b")), content(*rules, group=hostile))
        html = shown(text)
        assert text.count("<!--") == 1, hostile
        assert "<img" not in html
        assert set(re.findall(r'href="(https?://[^/"]*)', html)) == {"https://github.com"}, hostile
        assert "<table" not in html
        headings = re.findall(r"<h\d>(.*?)</h", html)
        assert headings == ["Prometheus rules", "What is wrong", "What changes"], hostile
        outside = re.sub(r"<(code|pre)>.*?</\1>", "", html, flags=re.DOTALL)
        assert not re.search(r"@\w|#\d|GH-\d|://|www\.\w", re.sub(r'href="[^"]*"', "", outside)), hostile


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def test_a_long_comment_is_cut_between_findings_and_counted() -> None:
    rules = [alert(f"{'Long' * 30}{number}", f"x{number} >") for number in range(400)]
    text = written(content(), content(*rules))
    assert length(text) <= LONGEST
    found = re.search(r"\*(\d+) more findings had no room here", text)
    assert found is not None
    assert text.count("**promql**") + int(found[1]) == 400
    assert "<sub>" in text


def test_parts() -> None:
    assert code("a`b") == "``a`b``"
    assert code("`") == "`` ` ``"
    assert plain("a\n\tb\u202ec\u200b") == "a b c"
    assert plain("x" * 400).endswith("…")
    assert block("a ``` b").startswith("````promql\n")
    assert prose("@a #1 x://y www.z GH-1") == "@\u200ba \\#\u200b1 x:\u200b//y www.\u200bz GH\\-\u200b1"
