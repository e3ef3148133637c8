"""A comparison as Markdown for GitHub: what breaks first, within the limit of a comment. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kaizen.dashboards import marks
from kaizen.dashboards.diff import Change, Diff, Metrics, QueryChange
from kaizen.dashboards.drops import unlisted
from kaizen.dashboards.files import FileDiff, urgency, verdict
from kaizen.dashboards.marks import Effort
from kaizen.dashboards.sentences import ALARM, Quoted, Sentence, many
from kaizen.github.comments import LONGEST, length
from kaizen.github.markdown import code, preformatted, prose

_FULL = 20  # parts in a row without room: no other one is tried
_BESIDE = 500  # characters that others add: a marker, a word that the comment is not up to date
_WIDE = 96  # letters of a line that GitHub shows without scrolling
_MOST_CUT = 5  # names of what had no room
_MOST_SAME = 3  # files without any change that have a section each
_SIGNS = {"added": "🆕", "removed": "🗑️", "changed": "✏️", "moved": "↔️", "renamed": "🏷️"}
_MOST_WORDS, _MOST_QUERIES, _MOST_NAMES, _MOST_LINES = 8, 4, 20, 60


@dataclass(frozen=True, slots=True)
class Links:
    """Our own addresses, with nothing foreign in them: of the page with everything, empty for none, and of pictures of
    layouts by the path of the file."""

    page: str = ""
    pictures: Mapping[str, str] = field(default_factory=dict)


_NOWHERE = Links()


def write(
    files: Sequence[FileDiff], left_out: Sequence[str] = (), note: str = "", *, whole: str, links: Links = _NOWHERE
) -> str:
    """All files under one verdict. `whole` is a sentence (Markdown) that says where to see what had no room; `note` is
    the last line, in small. A layout is told as text where there is no picture of it."""
    sign, words = verdict(files, left_out)
    page = f" · [full report, with pictures]({links.page})" if links.page else ""
    room = LONGEST - _BESIDE - length(_foot(_worst(files), left_out, note, whole))
    body = _Body(f"### Grafana dashboards\n{sign} **{words[:1].upper()}{words[1:]}**{page}\n", links, room)
    ordered = sorted(files, key=urgency)
    in_one_line = sum(map(_same, files)) > _MOST_SAME
    for each in ordered:
        if not (in_one_line and _same(each)):
            body.file(each)
    if in_one_line:
        body.same(list(filter(_same, ordered)))
    return body.text + _foot(body.cut, left_out, note, whole)


def _same(given: FileDiff) -> bool:
    """Whether there is nothing to say of a file but that it did not change."""
    diff = given.diff
    return diff is not None and diff.empty and not (given.problems or given.old_path or diff.notes or diff.drops)


class _Body:
    """Text that grows section by section, and counts what there was no room for."""

    def __init__(self, text: str, links: Links, room: int) -> None:
        self.text = text
        self._length = length(text)
        self._links = links
        self._room = room
        self._effort = Effort()
        self.cut: list[str] = []

    def file(self, given: FileDiff) -> None:
        title = f" · {code(given.diff.title, 150)}" if given.diff is not None else ""
        renamed = f" (was {code(given.old_path, 200)})" if given.old_path else ""
        if not self._fits(f"\n#### {code(given.path, 200)}{renamed}{title}\n"):
            self.cut.append(f"all of {code(given.path, 200)}")
            return
        for problem in given.problems:
            self._fits(f"\n⚠️ {prose(problem)}\n")
        if given.diff is None:
            return
        self._parts(given.diff.breaking, lambda each: f"🔴 **Breaks:** {sentence(each)}\n", "of what breaks", given)
        if given.diff.empty:
            self._fits("\nNo changes.\n")
        self._parts(given.diff.changes, lambda each: change(each, self._effort), "changes", given)
        self._fits("".join(_after(given.diff, self._links.pictures.get(given.path, ""))))

    def same(self, given: Sequence[FileDiff]) -> None:
        """Many files without any change, in one line."""
        names = ", ".join(code(each.path, 200) for each in given[:_MOST_NAMES])
        more = f" and {len(given) - _MOST_NAMES} more" if len(given) > _MOST_NAMES else ""
        if not self._fits(f"\n#### {len(given)} dashboards without changes\n\n<sub>{names}{more}</sub>\n"):
            self.cut.append(f"the names of {len(given)} dashboards without changes")

    def _parts[T](self, parts: Sequence[T], write_part: Callable[[T], str], what: str, given: FileDiff) -> None:
        cut = full = 0
        for each in parts:
            if full == _FULL:  # the rest is not written at all
                cut += 1
                continue
            fits = self._fits(f"\n{write_part(each)}")
            full = 0 if fits else full + 1
            cut += not fits
        if cut:
            self.cut.append(f"{cut} {what} in {code(given.path, 200)}")
        if parts and not self.text.endswith("\n"):
            self.text += "\n"
            self._length += 1

    def _fits(self, text: str) -> bool:
        more = length(text)
        if self._length + more > self._room:
            return False
        self.text += text
        self._length += more
        return True


def sentence(words: Sentence) -> str:
    """What comes from the file is code, where it does nothing."""
    return "".join(code(each.text) if isinstance(each, Quoted) else each for each in words)


def change(given: Change, effort: Effort) -> str:
    """A line of a list, its queries below it."""
    what = "" if given.what in ("changed", "renamed", "moved") else f" {given.what}"
    subject = "" if given.subject in ("panel", "panels") else f"{given.subject} "
    where = f" in {code(given.where, 100)}" if given.where else ""
    shown = [sentence(each) for each in given.words[:_MOST_WORDS]]
    if len(given.words) > _MOST_WORDS:
        shown.append(f"and {len(given.words) - _MOST_WORDS} more settings")
    name = " → ".join(f"**{code(each, 150)}**" for each in given.titles)
    head = f"{_SIGNS[given.what]} {subject}{name}{where}{what}".rstrip()
    line = f"- {head}{': ' if name and shown else ' ' if shown else ''}{'; '.join(shown)}"
    queries = given.queries if given.what != "removed" else ()
    end = "  " if queries else ""  # a line break in Markdown
    whole = given.what == "added"
    lines = [line + end, *(_query(each, effort, whole=whole) for each in queries[:_MOST_QUERIES])]
    if len(queries) > _MOST_QUERIES:
        lines.append(f"  and {many(len(queries) - _MOST_QUERIES, 'more query', 'more queries')}")
    return "\n".join(lines)


def _query(given: QueryChange, effort: Effort, *, whole: bool) -> str:
    """`whole`: its panel is new, too."""
    state = "" if whole or (given.before and given.after) else "new" if given.after else "removed"
    said = [sentence(each) for each in given.words] or ([state] if state else [])
    live = sentence(given.live)
    alarming = live.startswith(ALARM)
    words = "; ".join([*said, *([live] if live and not alarming else [])])
    name = f"query {code(given.name, 60)}" if given.name not in ("", "for example") else given.name or "query"
    label = f"  {name}{f': {words}' if words else ''}" + (f"  \n  **{live}**" if alarming else "")
    if not given.before:
        return f"{label}\n{preformatted(given.after.strip().splitlines()[:20], 'promql', '  ')}"
    return f"{label}\n{preformatted(marks.lines(given.before, given.after, effort, _WIDE)[:40], 'diff', '  ')}"


def _after(diff: Diff, picture: str) -> Iterator[str]:
    if diff.layout and picture:
        yield f"\n<details open><summary>Layout, before and after</summary>\n\n![Layout, before and after]({picture})\n"
        yield "\n</details>\n"
    elif diff.layout:
        more = len(diff.layout) - _MOST_LINES
        shown = [*diff.layout[:_MOST_LINES], *([f"  … {many(more, 'more line')}"] if more > 0 else [])]
        yield "\n<details open><summary>Layout, before and after</summary>\n\n"
        yield f"{preformatted(shown, 'diff')}\n\n</details>\n"
    yield from _metrics(diff.metrics)
    quiet = [sentence(each) for each in diff.notes]
    if quiet:
        yield f"\n<sub>{'; '.join(quiet[:10])}</sub>\n"
    if diff.noise:
        yield f"\n<sub>{unlisted(diff.noise)}</sub>\n"


def _metrics(given: Metrics) -> Iterator[str]:
    parts = []
    for said, names in given.groups:
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        parts.append(f"{said}: {', '.join(code(name, 120) for name in names[:_MOST_NAMES])}{more}")
    if parts:
        yield f"\n**Metrics** {' · '.join(parts)}{given.guessed}\n"
    if given.behind:
        more = f"; and {len(given.behind) - _MOST_NAMES} more" if len(given.behind) > _MOST_NAMES else ""
        yield f"\n<sub>{'; '.join(map(sentence, given.behind[:_MOST_NAMES]))}{more}</sub>\n"


def _worst(files: Sequence[FileDiff]) -> list[str]:
    """The longest words that may have to be said of what had no room."""
    whats = (f"{10**6} {what} in {code(each.path, 200)}" for each in files for what in ("of what breaks", "changes"))
    return sorted(whats, key=length, reverse=True)


def _foot(given: Sequence[str], left_out: Sequence[str], note: str, whole: str) -> str:
    cut = ""
    if given:
        more = f"; and {len(given) - _MOST_CUT} more files" if len(given) > _MOST_CUT else ""
        cut = f"\n✂️ No room here for {'; '.join(given[:_MOST_CUT])}{more}. {whole}\n"
    gaps = "".join(f"\n⚠️ {prose(each)}\n" for each in left_out[:5])
    return f"{cut}{gaps}" + (f"\n<sub>{note}</sub>\n" if note else "")
