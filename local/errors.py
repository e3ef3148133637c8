"""What can go wrong at the start, as one clear sentence."""


class EndedError(Exception):
    """Somebody ended it while it was still starting."""


class LocalError(Exception):
    """Shown to the person at the keyboard as it is; the exit status is 2."""
