"""`python -m local run` keeps the system up until Ctrl-C; `demo` checks every step and ends."""

import argparse
import os
import sys
import threading

from local import paths
from local.ending import set_by_signals
from local.errors import EndedError, LocalError

DEFAULT_PORT = "8700"
MOST_PORT = 65533  # the doors take three in a row


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("command", choices=("run", "demo"))
    port = os.environ.get("KAIZEN_PORT") or DEFAULT_PORT
    parser.add_argument("--port", default=port, help="the first of three; 0 for any that are free")
    parser.add_argument("--policy", help="a policy file instead of the layer's default")
    parser.add_argument("--oscillators", type=_oscillators, default="100000", help="of the live stream, 10 to 1000000")
    arguments = parser.parse_args()
    ended = threading.Event()
    set_by_signals(ended)
    try:
        from local.session import demo, run

        play = run if arguments.command == "run" else demo
        return play(_port(arguments.port), arguments.policy or None, arguments.oscillators, ended)
    except EndedError:
        print("\nended", flush=True)
        return 0
    except LocalError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # a full disk, a file that may not be written
        print(f"error: {error.strerror or error}: {error.filename or paths.BUILD}", file=sys.stderr)
        return 2


def _port(text: str) -> int:
    """Raises LocalError."""
    if not text.isdecimal() or int(text) > MOST_PORT:
        raise LocalError(f"PORT={text} is no port: choose one up to {MOST_PORT}, such as PORT={DEFAULT_PORT}")
    return int(text)


def _oscillators(text: str) -> int:
    if not text.isdecimal() or not 10 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text} is no number from 10 to 1000000")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
