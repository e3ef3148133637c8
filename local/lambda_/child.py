"""Becomes another program that dies with its parent, even one that was killed: `python child.py PARENT PROGRAM ...`."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    if sys.platform == "linux":  # elsewhere an orderly end has to do
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):  # killed before it could be told
        sys.exit(1)
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - that is its purpose


if __name__ == "__main__":
    main()
