"""Objects of the ring: taken for what they are said to be, or refused."""

from dataclasses import replace

import numpy as np
import pytest

from kaizen.phase import keys
from kaizen.phase.coding import compress, decompress
from kaizen.phase.encode import chunk, config
from kaizen.phase.errors import PhaseFormatError, Reason
from kaizen.phase.frames import Frames, Place
from kaizen.phase.streams import Epoch, Segment
from phase_stream.ring import needed, plain, read_segment
from tests.unit.stream.source import NAME, Source


def stored() -> tuple[bytes, Epoch, Segment]:
    source = Source()
    source.begin(7, 4)
    (segment,) = source.stream.segments
    return source.objects[keys.ring(NAME, 7, 0, 3)], source.stream.epoch, segment


def test_an_object_is_read() -> None:
    data, epoch, segment = stored()
    found = read_segment(data, epoch, segment)
    assert found.angles.shape == (4, 20)
    assert found.missing is None
    assert {name: len(each) for name, each in found.columns.items()} == {"r": 4, "psi": 4, "density": 4}
    assert found.size >= found.angles.nbytes
    assert found.angles.dtype == np.dtype("<u2")


def test_objects_lie_as_they_are_or_in_zstd() -> None:
    data, epoch, segment = stored()
    raw = decompress("zstd", data, 1 << 20)
    assert plain(data) == plain(raw) == raw
    assert (read_segment(raw, epoch, segment).angles == read_segment(data, epoch, segment).angles).all()


@pytest.mark.parametrize("wrong", [{"rows": 21}, {"bits": 12}, {"epoch": 8}], ids=lambda wrong: next(iter(wrong)))
def test_an_object_of_something_else_is_refused(wrong: dict[str, int]) -> None:
    data, epoch, segment = stored()
    with pytest.raises(PhaseFormatError) as raised:
        read_segment(data, replace(epoch, **wrong), segment)  # type: ignore[arg-type]
    assert raised.value.reason is Reason.FIELD


@pytest.mark.parametrize("segment", [Segment(0, 4, 0), Segment(1, 3, 0), Segment(4, 7, 0)])
def test_an_object_of_other_frames_is_refused(segment: Segment) -> None:
    data, epoch, _ = stored()
    with pytest.raises(PhaseFormatError, match="should hold"):
        read_segment(data, epoch, segment)


def test_every_damaged_byte_is_noticed() -> None:
    data, epoch, segment = stored()
    raw = bytearray(decompress("zstd", data, 1 << 20))
    for place in range(0, len(raw), 7):
        raw[place] ^= 4
        with pytest.raises(PhaseFormatError):
            read_segment(bytes(raw), epoch, segment)
        raw[place] ^= 4


def test_an_object_must_hold_frames_and_their_columns() -> None:
    _, epoch, segment = stored()
    place = Place(7, 3, 0, 1)
    frames = chunk(Frames(np.zeros((4, 20), "<u2")), place, 16)
    lists = {"r": [0.5] * 4, "psi": [1.0] * 4, "density": [[1] * 64] * 4}

    def described(columns: object) -> bytes:
        return config({"columns": columns}, place, 16, 20)

    assert read_segment(frames + described(lists), epoch, segment).columns == lists
    for bad in (
        described(lists),
        frames,
        frames + described(None),
        frames + described(lists | {"r": [0.5] * 3}),
        frames + described({name: each for name, each in lists.items() if name != "psi"}),
    ):
        with pytest.raises(PhaseFormatError) as raised:
            read_segment(compress("zstd", bad), epoch, segment)
        assert raised.value.reason is Reason.PAYLOAD


def test_needed() -> None:
    segments = [Segment(0, 4, 0), Segment(5, 5, 0), Segment(9, 12, 0)]
    assert needed(segments, 4, 5) == segments[:2]
    assert needed(segments, 6, 8) == []
    assert needed(segments, 0, 99) == segments
