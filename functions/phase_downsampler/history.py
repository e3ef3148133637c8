"""The chunks that close, each made of the level below: frames of the reel, or vectors of chunks closed before."""

from collections.abc import Iterable, Iterator

from kaizen.phase import keys
from kaizen.phase.streams import Epoch
from phase_downsampler import levels
from phase_downsampler.cells import Cells, from_object
from phase_downsampler.levels import Chunk
from phase_downsampler.objects import Bucket
from phase_downsampler.reel import Reel


def closed(
    bucket: Bucket, stream: str, epoch: Epoch, closing: Iterable[tuple[int, int]], reel: Reel
) -> Iterator[Chunk]:
    """The chunks of `closing`, pairs of level and number, lower levels first; those without a frame are left out."""
    fresh: dict[tuple[int, int], Cells] = {}
    for level, number in closing:
        if level == 0:
            chunk = levels.lowest(epoch, number, reel.between(*levels.frames_of(epoch, 0, number)))
        else:
            below = [(level - 1, child) for child in levels.children_of(epoch, level, number)]
            chunk = levels.parent(epoch, level, number, _vectors(bucket, stream, epoch, below, fresh))
        if chunk is None:
            continue
        if chunk.cells is not None:
            # Rounded as they are stored: the parent is the same whether it closes now or after a restart.
            fresh[level, number] = chunk.cells.packed()
        yield chunk


def _vectors(
    bucket: Bucket, stream: str, epoch: Epoch, wanted: list[tuple[int, int]], fresh: dict[tuple[int, int], Cells]
) -> list[tuple[int, Cells]]:
    """Number and vectors of those of the wanted chunks that there are: of stretches without a frame there is none."""
    stored = [each for each in wanted if each not in fresh]
    read = bucket.get([keys.sums(stream, epoch.epoch, level, number) for level, number in stored])
    found = {each: from_object(data) for each, data in zip(stored, read, strict=True) if data is not None}
    found |= {each: fresh[each] for each in wanted if each in fresh}
    return [(each[1], found[each]) for each in wanted if each in found]
