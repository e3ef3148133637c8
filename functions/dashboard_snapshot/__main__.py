"""The command line: see dashboard_snapshot.command."""

import sys

from dashboard_snapshot.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
