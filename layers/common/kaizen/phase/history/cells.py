"""Resultant vectors of a chunk's columns, as its parent needs them, and the object that keeps them till then. Pure.

The object, in zstd: the length of a JSON head (4 bytes, little-endian), the head, then the cells [columns, rows] of
`kaizen.phase.circular.Packed`: cosines, sines, counts.
"""

import json
import struct
from dataclasses import dataclass

import numpy as np

from kaizen.phase.circular import Packed, Sums, pack, unpack
from kaizen.phase.coding import compress, decompress
from kaizen.phase.history.columns import Columns

CODING = "zstd"
_MOST_BYTES = 64 << 20
_LENGTH = struct.Struct("<I")
_COMPONENT, _COUNT = np.dtype("<i2"), np.dtype("<i4")


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Columns of the parent's level, from the first one that the chunk fills; `t0_us` is that one's time."""

    t0_us: int
    sums: Sums
    columns: Columns

    def packed(self) -> "Cells":
        """As they come back from their object: the vectors rounded."""
        return Cells(self.t0_us, unpack(pack(self.sums)), self.columns)


def to_object(cells: Cells) -> bytes:
    packed, columns = pack(cells.sums), cells.columns
    head = json.dumps(
        {
            "t0_us": cells.t0_us,
            "rows": packed.n.shape[1],
            "c": columns.c.tolist(),
            "s": columns.s.tolist(),
            "r": columns.r.tolist(),
            "frames": columns.frames.tolist(),
            "density": columns.density.tolist(),
        },
        separators=(",", ":"),
    ).encode()
    arrays = (packed.c.astype(_COMPONENT), packed.s.astype(_COMPONENT), packed.n.astype(_COUNT))
    return compress(CODING, b"".join((_LENGTH.pack(len(head)), head, *(array.tobytes() for array in arrays))))


def from_object(data: bytes) -> Cells:
    """The inverse. Raises PhaseFormatError for what is not zstd."""
    content = decompress(CODING, data, _MOST_BYTES)
    (length,) = _LENGTH.unpack_from(content)
    start = _LENGTH.size + length
    head = json.loads(content[_LENGTH.size : start])
    shape = len(head["r"]), head["rows"]
    size = shape[0] * shape[1]
    c, s = (
        np.frombuffer(content, _COMPONENT, size, start + index * size * _COMPONENT.itemsize).reshape(shape)
        for index in range(2)
    )
    n = np.frombuffer(content, _COUNT, size, start + 2 * size * _COMPONENT.itemsize).reshape(shape)
    sums = unpack(Packed(c, s, n))
    columns = Columns(
        c=np.array(head["c"], np.float64),
        s=np.array(head["s"], np.float64),
        r=np.array(head["r"], np.float64),
        frames=np.array(head["frames"], np.int64),
        density=np.array(head["density"], np.int64),
    )
    return Cells(head["t0_us"], sums, columns)
