"""Where the next page is: the Link header (RFC 8288) as GitHub writes it. Pure."""

import re

_LINK = re.compile(r'<([^<>\s]{1,2000})>((?:\s*;\s*[a-z*]+=(?:"[^"]*"|[^",;\s]+))*)', re.IGNORECASE)
_REL = re.compile(r';\s*rel=(?:"([^"]*)"|([^",;\s]+))', re.IGNORECASE)


def next_address(link: str) -> str:
    """The address of the relation `next`; empty on the last page."""
    for address, parameters in _LINK.findall(link[:20_000]):
        found = _REL.search(parameters)
        if found and "next" in (found[1] or found[2]).lower().split():
            return str(address)
    return ""
