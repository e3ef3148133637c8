"""`python -m kaizen.policy FILE` checks a policy before it is put in force: every fault on a line, exit status 2."""

import sys
from collections.abc import Sequence

from kaizen.policy.document import PolicyError, parse
from kaizen.policy.lines import with_lines


def check(content: bytes) -> list[str]:
    """The faults of a file's content, as the functions would find them; none when it is a policy."""
    try:
        parse(content.decode())
    except UnicodeDecodeError as error:
        return [f"is not UTF-8 text: byte {error.start} cannot be read"]
    except PolicyError as error:
        return with_lines(content.decode(), error.problems)
    return []


def main(arguments: Sequence[str]) -> int:
    """0: the file is a policy; 2: it is not, or there is no such file; what is wrong is printed."""
    if len(arguments) != 1:
        print("usage: python -m kaizen.policy FILE")
        return 2
    try:
        with open(arguments[0], "rb") as file:
            content = file.read()
    except OSError as error:
        print(f"{arguments[0]}: {error.strerror}")
        return 2
    problems = check(content)
    for problem in problems:
        print(f"{arguments[0]}: {problem}")
    if not problems:
        print(f"{arguments[0]}: is a valid policy of {len(content)} bytes")
    return 2 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
