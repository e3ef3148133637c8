"""`python -m sandbox_reaper explain <sandbox> <run>`: a decision made again from what it followed from.

The sandbox is named by its uid or its name; a run as `20260302T090000Z`, or an instant. The table is that of
SANDBOXES_TABLE; credentials are those of the shell.
"""

import sys

from sandbox_reaper.handler import explained

if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] != "explain":
        sys.exit("python -m sandbox_reaper explain <sandbox> <run>, such as: explain shop 20260302T090000Z")
    found = explained(sys.argv[2], sys.argv[3])
    print(found or f"no decision about {sys.argv[2]} is kept from {sys.argv[3]} or before")
    sys.exit(0 if found else 1)
