"""The chunks that close, each made of the level below: frames of the reel, or vectors of chunks closed before."""

from collections.abc import Iterable, Iterator

from kaizen.phase import keys
from kaizen.phase.history import levels
from kaizen.phase.history.cells import Cells, from_object
from kaizen.phase.history.levels import Chunk
from kaizen.phase.history.reel import Reel, Shelf
from kaizen.phase.streams import Epoch


def closed(shelf: Shelf, stream: str, epoch: Epoch, closing: Iterable[tuple[int, int]], reel: Reel) -> Iterator[Chunk]:
    """The chunks of `closing`, pairs of level and number, lower levels first; those without a frame are left out."""
    fresh: dict[tuple[int, int], Cells] = {}
    for level, number in closing:
        if level == 0:
            chunk = levels.lowest(epoch, number, reel.between(*levels.frames_of(epoch, 0, number)))
        else:
            below = [(level - 1, child) for child in levels.children_of(epoch, level, number)]
            chunk = levels.parent(epoch, level, number, _vectors(shelf, stream, epoch, below, fresh))
        if chunk is None:
            continue
        if chunk.cells is not None:
            # Rounded as they are stored: the parent is the same whether it closes now or after a restart.
            fresh[level, number] = chunk.cells.packed()
        yield chunk


def _vectors(
    shelf: Shelf, stream: str, epoch: Epoch, wanted: list[tuple[int, int]], fresh: dict[tuple[int, int], Cells]
) -> list[tuple[int, Cells]]:
    """Number and vectors of those of the wanted chunks that there are: of stretches without a frame there is none."""
    stored = [each for each in wanted if each not in fresh]
    read = shelf.get([keys.sums(stream, epoch.epoch, level, number) for level, number in stored])
    found = {each: from_object(data) for each, data in zip(stored, read, strict=True) if data is not None}
    found |= {each: fresh[each] for each in wanted if each in fresh}
    return [(each[1], found[each]) for each in wanted if each in found]
