"""How much is compared at most. Hostile files could ask for hours; what there was no time for is counted. Pure."""


class Work:
    """A budget of steps, of some microseconds each, for one run of a check."""

    def __init__(self, most: int) -> None:
        self._left = most
        self.skipped = 0  # comparisons that were not made

    def spend(self, steps: int) -> bool:
        """Whether there is time for a comparison of so many steps."""
        self._left -= steps
        self.skipped += self._left < 0
        return self._left >= 0
