"""What this server speaks: one place for the handshake and for every door that frames pass. Pure."""

from kaizen.phase.negotiation import Server
from kaizen.phase.schema import SCHEMA, Deprecation, Support

SUPPORTS = (Support(major=1, min=0, max=0),)

# `columns` are the order parameter and the density of all oscillators, beside the sampled rows.
FEATURES = frozenset({"delta2", "zstd", "br", "gzip", "columns", "levels", "audit"})

DEPRECATED: tuple[Deprecation, ...] = ()


def offer(help_url: str | None = None, build: str = "", commit: str | None = None) -> Server:
    """`help_url` leads a client's owner to the newer client; `build` is the hash of the page's assets, if any; `commit`
    is what was deployed, where that is known.
    """
    return Server(
        SCHEMA, SUPPORTS, FEATURES, build=build, deprecated=DEPRECATED, help_url=help_url or "", commit=commit or ""
    )
