"""What many panels have in common is told once, with their names. Pure."""

from collections import Counter, defaultdict
from collections.abc import Container, Sequence
from dataclasses import replace

from kaizen.dashboards.diff import Change, QueryChange
from kaizen.dashboards.meaning import REWRITTEN
from kaizen.dashboards.panels import RENAMED
from kaizen.dashboards.sentences import Sentence, listed, many

LEAST = 4  # panels
Words = tuple[Sentence, ...]


def spread(changes: Sequence[Change]) -> list[Change]:
    """Shared sentences first, then what is left of each panel."""
    edited = [each for each in changes if each.what not in ("added", "removed")]
    sentences = _shared([(words, each) for each in edited for words in each.words])
    queries = _shared([(key, each) for each in edited for query in each.queries if (key := _key(query))])
    return [
        *(_told(words, titles) for words, titles in sentences.items()),
        *(_asked(key, titles, edited) for key, titles in queries.items()),
        *(left for each in changes if (left := _left(each, set(sentences), set(queries))) is not None),
    ]


def _shared[K](given: list[tuple[K, Change]]) -> dict[K, list[str]]:
    """Titles of the panels that share something; panels of different rows may have the same one."""
    found: dict[K, dict[int, str]] = defaultdict(dict)
    for key, change in given:
        found[key][id(change)] = change.title
    return {
        key: list(titles.values())
        for key, titles in found.items()
        if len(titles) >= LEAST and key not in (("moved within its row",), RENAMED)
    }


def _named(titles: list[str]) -> Sentence:
    counts = Counter(titles)
    return listed([f"{title} ({count}×)" if count > 1 else title for title, count in counts.items()])


def _key(query: QueryChange) -> Words | None:
    """What happens to a query, however often within it; None where words do not say all of it."""
    if not query.words or REWRITTEN in query.words:
        return None
    return tuple(
        each[:-1] if isinstance(each[-1], str) and each[-1].endswith(" times)") else each for each in query.words
    )


def _told(words: Sentence, titles: list[str]) -> Change:
    told: Sentence = (*words, f" in {len(titles)} panels: ", *_named(titles))
    return Change("changed", "panels", "", (told,), leaves=len(titles))


def _asked(key: Words, titles: list[str], changes: Sequence[Change]) -> Change:
    """With one of the queries for an example."""
    like = [query for each in changes for query in each.queries if _key(query) == key]
    last: Sentence = (f"in {many(len(like), 'query', 'queries')} of {len(titles)} panels: ", *_named(titles))
    example = replace(like[0], name="for example")
    return Change("changed", "panels", "", (*key, last), (example,), leaves=len(like))


def _left(change: Change, sentences: Container[Sentence], queries: Container[Words | None]) -> Change | None:
    if change.what in ("added", "removed"):
        return change
    words = tuple(each for each in change.words if each not in sentences)
    kept = tuple(each for each in change.queries if _key(each) not in queries)
    if not words and not kept:
        return None
    told = len(change.words) - len(words) + len(change.queries) - len(kept)
    return replace(change, words=words, queries=kept, leaves=change.leaves - told)
