"""`make simulate-bandwidth`: three years of fleets whose true traffic is known, and what the detector told of them.

    python -m tests.unit.bandwidth.simulate [--fleets 10] [--rises 210]

Exits with 1 where a bar is missed.
"""

import argparse
import sys
import time

from tests.unit.bandwidth.simulation import KINDS, YEARS, Figures, bars_missed, faults, rises, usual_years


def told(figures: Figures) -> str:
    fleets = len(next(iter(figures.false.values())))
    lines = [f"false messages a month, {fleets} fleets of {figures.months} months each (bar: 0.5)"]
    lines += [f"  {figures.a_month(kind):5.2f}  {kind}{outside(figures, kind)}" for kind in figures.false]
    for what, each in figures.found.items():
        lines += [
            f"a rise to 1.5 times, {each.rises} of them: {what}{outside(figures, what)}",
            f"  {each.within_a_day / each.rises:6.1%}  found on the first day (bar: 80 %)",
            f"  {each.within_a_week / each.rises:6.1%}  found within seven days (bar: 100 %)",
            f"  {each.one / each.rises:6.1%}  told by exactly one message in the six weeks after",
            f"  {each.right / each.rises:6.1%}  told with the day on which it began",
        ]
    lines += [
        "messages on the day and in the two weeks after it (bar: none)",
        *(f"  {count:5}  {what}" for what, count in figures.quiet.items()),
        *(f"MISSED: {each}" for each in bars_missed(figures)),
    ]
    return "\n".join(lines)


def outside(figures: Figures, what: str) -> str:
    return f" (outside the bars: {figures.outside[what]})" if what in figures.outside else ""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make simulate-bandwidth")
    parser.add_argument("--fleets", type=int, default=2, help="of each kind")
    parser.add_argument("--rises", type=int, default=132)
    given = parser.parse_args()
    began = time.perf_counter()
    figures = Figures()
    usual_years(figures, given.fleets)
    rises(figures, given.rises)
    faults(figures, max(1, given.fleets // 2))
    print(told(figures))
    print(f"{len(KINDS)} kinds of fleets, {YEARS} years, {time.perf_counter() - began:.0f} s")
    return 1 if bars_missed(figures) else 0


if __name__ == "__main__":
    sys.exit(main())
