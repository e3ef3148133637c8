"""`./kaizen slack_commands list | end`: for subscriptions of channels where nobody can type a command any more.

A channel that is deleted or archived keeps its subscriptions, and each ticket that they want is logged as refused.
"""

import argparse
import sys
from collections.abc import Sequence

from kaizen.runtime.clients import Limits, client
from kaizen.runtime.failures import FAILURES
from kaizen.subscriptions.store import read_subscriptions, remove

DONE, NOT_THERE, USAGE = 0, 1, 2
_LIMITS = Limits(connect=5, read=10, attempts=3)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 done, 1 there is no such subscription, 2 wrong usage or AWS does not answer."""
    parser = argparse.ArgumentParser(prog="kaizen slack_commands", description="Subscriptions of Slack channels.")
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="all of them, or those of one channel")
    listing.add_argument("channel", nargs="?", default="", metavar="CHANNEL", help="such as C0123456789")
    end = commands.add_parser("end", help="end one, as /kaizen unsubscribe does in its channel")
    end.add_argument("channel", metavar="CHANNEL")
    end.add_argument("id", metavar="ID", help="as the list shows it")
    for sub in (listing, end):
        sub.add_argument("--table", required=True, help="the stack's SlackTable")
    given = parser.parse_args(arguments)
    try:
        dynamodb = client("dynamodb", _LIMITS)
        if given.command == "list":
            for each in read_subscriptions(dynamodb, given.table, given.channel):
                daily = f"  digest {each.daily}" if each.daily else ""
                print(f"{each.channel}  {each.id}  {each.text}{daily}  by {each.by}, {each.created_at:%Y-%m-%d}")
            return DONE
        if remove(dynamodb, given.table, given.channel, given.id.lower()):
            print(f"{given.channel} hears no more of {given.id}")
            return DONE
        print(f"slack_commands: {given.channel} has no subscription {given.id}", file=sys.stderr)
        return NOT_THERE
    except FAILURES as error:
        print(f"slack_commands: {error}", file=sys.stderr)
        return USAGE
