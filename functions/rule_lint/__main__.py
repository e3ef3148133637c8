"""The command line: see rule_lint.command."""

import sys

from rule_lint.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
