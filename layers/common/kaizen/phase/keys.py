"""Where what lies in the phase bucket. Numbers have ten digits, so that keys sort as numbers do. Pure.

raw/STREAM/eEPOCH/FIRST-LAST-DIGEST      posted bodies, as they came        written by phase_ingest
rows/STREAM/eEPOCH                       the producer's CONFIG, once        written by phase_ingest
uploads/STREAM/NAME                      bodies too large for the door      written with a presigned address
ring/STREAM/eEPOCH/FIRST-LAST            sampled frames of one body         written by phase_downsampler
v1/STREAM/eEPOCH/config                  what the rows are                  written by phase_downsampler
v1/STREAM/eEPOCH/LLEVEL/cCHUNK.CODING    history, immutable                 written by phase_downsampler
sums/STREAM/eEPOCH/LLEVEL/cCHUNK         its vectors, for the next level    written by phase_downsampler
"""

CHUNK_CODINGS = ("zstd", "gzip")  # each chunk is stored in both: a presigned address cannot negotiate


def raw(stream: str, epoch: int, first_seq: int, last_seq: int, digest: str) -> str:
    return f"raw/{stream}/e{epoch:010d}/{first_seq:010d}-{last_seq:010d}-{digest}"


def rows(stream: str, epoch: int) -> str:
    return f"rows/{stream}/e{epoch:010d}"


def upload(stream: str, name: str) -> str:
    return f"uploads/{stream}/{name}"


def ring(stream: str, epoch: int, first_seq: int, last_seq: int) -> str:
    return f"ring/{stream}/e{epoch:010d}/{first_seq:010d}-{last_seq:010d}"


def config(stream: str, epoch: int) -> str:
    return f"v1/{stream}/e{epoch:010d}/config"


def chunk(stream: str, epoch: int, level: int, chunk: int, coding: str) -> str:
    return f"{chunks(stream, epoch, level)}{chunk:010d}.{coding}"


def chunks(stream: str, epoch: int, level: int) -> str:
    """What the keys of a level's chunks begin with; the number and the coding follow."""
    return f"v1/{stream}/e{epoch:010d}/L{level}/c"


def sums(stream: str, epoch: int, level: int, chunk: int) -> str:
    return f"sums/{stream}/e{epoch:010d}/L{level}/c{chunk:010d}"
