"""How much a run of the tests tries: `fast` at a desk, `thorough` before a push, `soak` over a night.

The environment variable KAIZEN_PROFILE names it; without one it is `thorough`.
"""

import os

FACTORS = {"fast": 0.1, "thorough": 1.0, "soak": 50.0}
_FEWEST = 10
PROFILE = os.environ.get("KAIZEN_PROFILE") or "thorough"
if PROFILE not in FACTORS:
    raise ValueError(f"KAIZEN_PROFILE={PROFILE}: it is one of {', '.join(FACTORS)}")


def examples(thorough: int, profile: str = PROFILE) -> int:
    """So many in a thorough run; a tenth of them in a fast one, yet ten if there are; fifty times as many in a soak."""
    return max(min(_FEWEST, thorough), round(thorough * FACTORS[profile]))
