"""The command line: see dashboard_diff.command."""

import sys

from dashboard_diff.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
