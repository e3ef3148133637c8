"""The double's page: Markdown as GitHub shows it, and nothing that a hostile text could start."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.outside.github.markdown import markdown
from local.outside.github.service import TOKEN, GithubService
from local.outside.github.world import Comment, Identity
from local.outside.service import Request

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("## Head", "<h2>Head</h2>"),
        ("**bold** and `code`", "<strong>bold</strong> and <code>code</code>"),
        ("- a\n- b", "<li>a</li>"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "<td>1</td>"),
        ("```promql\nup > 0\n```", 'class="language-promql">up &gt; 0'),
        ("<details><summary>More</summary>\n\n**in**\n\n</details>", "<details><summary>More</summary>"),
        ("<details open><summary>More</summary>\n\n**in**\n\n</details>", "<strong>in</strong></p>\n</details>"),
        ("<details open><summary>More</summary>x</details>", "<details open><summary>More</summary>"),
        ("~~gone~~", "<s>gone</s>"),
        ("![chart](https://example.org/a.svg)", '<a href="https://example.org/a.svg" rel="noreferrer">[image: chart]'),
        ("![chart](http://127.0.0.1:8700/a.svg)", '<img src="http://127.0.0.1:8700/a.svg" alt="chart">'),
    ],
)
def test_what_reports_are_written_in(text: str, shown: str) -> None:
    assert shown in markdown(text)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<details ontoggle=alert(1)><summary onclick=alert(1)>x</summary></details>",
        "[x](javascript:alert(1))",
        "![x](javascript:alert(1))",
        '![x"onerror=alert(1)](http://127.0.0.1/a"onerror=alert(1))',
        "<svg/onload=alert(1)>",
        "<b\nonclick=alert(1)>x</b>",
    ],
)
def test_hostile_texts(text: str) -> None:
    shown = markdown(text).replace("&quot;", "'")
    for tag in ("<script", "<img src=x", "<svg", 'href="javascript', 'src="javascript', "<b\n"):
        assert tag not in shown
    assert "<details ontoggle" not in shown
    assert "<summary onclick" not in shown


def test_a_marker_is_not_shown_and_what_is_left_open_is_closed() -> None:
    assert "kaizen" not in markdown("<!-- kaizen:dashdiff:v1 -->\nhello")
    opened = markdown("<details><summary>x\n\nabc")
    assert opened.count("<details>") == opened.count("</details>") == 1
    assert "</div>" not in markdown("</div></section></details>")


@settings(deadline=None)
@given(st.text(alphabet="<>/detailsumry!-[]()`|*#\n \"'=x", max_size=120))
def test_no_text_makes_rendering_fail_or_leaves_tags_open(text: str) -> None:
    shown = markdown(text)
    for name in ("details", "summary"):
        assert shown.count(f"<{name}>") == shown.count(f"</{name}>")


def request(method: str, path: str, body: bytes = b"", **headers: str) -> Request:
    return Request(method, path, "", {name.replace("_", "-"): value for name, value in headers.items()}, body)


def test_the_page_shows_pull_requests_as_text() -> None:
    service = GithubService(clock=lambda: NOW)
    assert "No pull request" in str(service.answer(request("GET", "/github/")).body)
    repository = service.world.repository("example-org/checkout")
    number = repository.pull_request("<script>alert(1)</script>", {f"f{each}<b>": "x" for each in range(7)})
    repository.comments[1] = Comment(1, number, Identity("mallory<i>"), "**hi** <script>", NOW, NOW)
    shown = service.answer(request("GET", "/github/"))
    assert "<script" not in str(shown.body)
    assert "mallory&lt;i&gt;" in str(shown.body)
    assert "<strong>hi</strong>" in str(shown.body)
    assert "and 2 more" in str(shown.body)
    assert any(name == "content-security-policy" for name, _ in shown.headers)


def test_controls_name_what_they_do_not_know() -> None:
    service = GithubService(clock=lambda: NOW)
    good = request("POST", "/github/control", b'{"next": ["404", "500"]}')
    assert service.answer(good).status == 200
    for body in (b"", b"[]", b"{}", b'{"next": ["418"]}', b'{"next": 7}'):
        assert service.answer(request("POST", "/github/control", body)).status == 400
    api = request("GET", "/github/api/repos/a/b/pulls/1", authorization=f"Bearer {TOKEN}", user_agent="x")
    assert [service.answer(api).status for _ in range(3)] == [404, 500, 404]


def test_what_github_wants_of_every_call() -> None:
    service = GithubService(clock=lambda: NOW)
    path = "/github/api/repos/a/b/pulls/1"
    assert service.answer(request("GET", path)).status == 403
    assert service.answer(request("GET", path, user_agent="x", authorization="Bearer wrong")).status == 401
    assert service.answer(request("GET", path, user_agent="x", x_github_api_version="1999-01-01")).status == 400
    assert service.answer(request("GET", "/github/nothing")).status == 404
