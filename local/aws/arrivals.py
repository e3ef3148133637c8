"""Tells pollers that a queue may have got a message, so that they ask then, and not ten times a second."""

import threading

# Calls after which a queue may hold what a poller is to take: by `X-Amz-Target`, up to the first that fits.
_BRINGING = ("AmazonSQS.SendMessage", "AmazonSQS.ChangeMessageVisibility", "AWSEvents.PutEvents")


class Arrivals:
    """Counts calls that bring messages; a poller waits until there are more than it has seen."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.count = 0

    def note(self, target: str) -> None:
        """A call was answered; `target` is its `X-Amz-Target`."""
        if target.startswith(_BRINGING):
            self.wake()

    def wake(self) -> None:
        with self._changed:
            self.count += 1
            self._changed.notify_all()

    def wait(self, seen: int, seconds: float) -> bool:
        """Returns once there are more than `seen`, or after these seconds; whether there are."""
        with self._changed:
            return self._changed.wait_for(lambda: self.count != seen, seconds)
