"""`make simulate`: a fleet whose true use is known, weeks of it, and the reaper's figures over it.

    python -m tests.unit.sandboxes.simulate [--days 30] [--sandboxes 50] [--seed 18]

Exits with 1 where anything happened that must never happen.
"""

import argparse
import sys
import time

from tests.unit.sandboxes.simulation import LATEST, TICK, Simulation, policy_of


def told(world: Simulation, seconds: float) -> str:
    pauses = world.idle_times()
    wrong, seen = world.wrong, world.seen

    def times(words: str) -> int:
        return sum(words in each for each in wrong)

    stops = len({(at, name) for at, name, _ in world.stops})
    lines = [
        f"{world.days:g} days x {world.fleet} sandboxes x a run in {TICK} minutes: {seen.decisions:,} decisions, "
        f"seed {world.seed}, {seconds:.0f} s",
        f"stops of a sandbox in use: {times('in use')} of {stops}",
        f"stops earlier than 30 minutes after a receipt: {times('not told')}; the earliest after {seen.earliest:.1f}",
        f"stops on unknown usage: {times('unknown')}",
        f"most stops in one run: {seen.most}, the cap is {world.policy.most_stops}; above it: {times('in one run')}",
        f"restores: {seen.restores}, not exact: {times('not restored')}",
        f"truly idle ones stopped within {LATEST} minutes, with nothing in their way: "
        f"{pauses.in_time} of {pauses.whole}, {pauses.in_time / max(1, pauses.whole):.2%}",
        f"of all {pauses.every} of them: {pauses.every_in_time}, {pauses.every_in_time / max(1, pauses.every):.2%}; "
        "left out of the line above, by the first thing in their way:",
        *(f"  {number} {cause}" for cause, number in pauses.left_out.most_common()),
        "what went wrong with what it depends on:",
        *(f"  {number} {name}" for name, number in sorted(seen.faults.items())),
        f"bound on the rate of wrong stops, at 95 %: {3 / max(1, seen.decisions):.1e} of the decisions" * (not wrong),
        *(f"WRONG: {each}" for each in wrong[:20]),
    ]
    return "\n".join(filter(None, lines))


def main() -> int:
    parser = argparse.ArgumentParser(prog="make simulate")
    parser.add_argument("--days", type=float, default=30)
    parser.add_argument("--sandboxes", type=int, default=50)
    parser.add_argument("--seed", type=int, default=18)
    given = parser.parse_args()
    began = time.perf_counter()
    world = Simulation(policy=policy_of(given.sandboxes), seed=given.seed, days=given.days, fleet=given.sandboxes)
    world.go()
    print(told(world, time.perf_counter() - began))
    return 1 if world.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
