"""`./kaizen slack_commands ...`."""

import sys

from slack_commands.command import main

if __name__ == "__main__":
    sys.exit(main())
