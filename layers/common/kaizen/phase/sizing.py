"""How many rows are sampled, and how far R is off then. Pure."""

import math

# Up to so many, all rows are shown. The target is for when nothing is known about the picture.
THRESHOLD = 4096
TARGET = 1000

# Fewer rows tell too little, R being off by 0.044; more do not fit the textures of some browsers.
LEAST, MOST = 256, 8192

# Bytes that a phase takes at most: 16 bits, coded no worse than as they are.
BYTES_PER_PHASE = 2.0


def choose_k(
    n: int,
    *,
    px_h: int | None = None,
    min_cell_px: int = 1,
    bytes_budget: float | None = None,
    fps: float = 30.0,
    bpp: float = BYTES_PER_PHASE,
    channels: int = 1,
    eps: float | None = None,
    target: int = TARGET,
    threshold: int = THRESHOLD,
) -> int:
    """How many of `n` rows to sample; `n` itself up to the threshold.

    A picture `px_h` device pixels high whose cells take `min_cell_px` of them, and a budget of `bytes_budget` per
    second for `fps` frames of `channels` values at `bpp` bytes each, both cap the rows. With either, as many are taken
    as the caps allow, within LEAST and MOST: LEAST stands above the caps, and no error wanted moves them. With neither,
    as many as a standard error of `eps` in R takes, within LEAST and MOST; without that, the target.

    Raises ValueError for a parameter that is not positive.
    """
    _check(n=n, px_h=px_h, min_cell_px=min_cell_px, bytes_budget=bytes_budget, fps=fps, bpp=bpp, channels=channels)
    _check(eps=eps, target=target, threshold=threshold)
    if n <= threshold:
        return n
    caps: list[int] = []
    if px_h is not None:
        caps.append(px_h // min_cell_px)
    if bytes_budget is not None:
        caps.append(math.floor(bytes_budget / (fps * bpp * channels)))
    if caps:
        wanted = min(caps)
    elif eps is not None:
        wanted = _rows_for(eps, n)
    else:
        return min(target, n)
    return min(max(wanted, LEAST), MOST, n)


def standard_error(k: int, n: int) -> float:
    """Of R from a plain sample of `k` of `n` rows, of phases that are spread all round: 1 / sqrt(2 k) of a large set.

    It is less where phases agree or strata tell them apart, and up to 1.4 times as much where they form two opposite
    clusters. An R as small as this is nothing but error.
    """
    _check(k=k, n=n)
    return 0.0 if k >= n else math.sqrt((1 - k / n) / (2 * k))


def _rows_for(eps: float, n: int) -> int:
    """The fewest whose standard error is not above `eps`: k >= (1 - k / n) / (2 eps^2), solved for k."""
    alone = 1 / (2 * eps * eps)
    return math.ceil(alone / (1 + alone / n))


def _check(**parameters: float | None) -> None:
    for name, value in parameters.items():
        if value is not None and not value > 0:
            raise ValueError(f"{name} is {value}, not positive")
