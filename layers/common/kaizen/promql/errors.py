"""What keeps a text from being read as PromQL."""


class PromqlError(ValueError):
    """The text is no PromQL. `position` counts characters from 0; None where nobody can say."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class UnreadError(PromqlError):
    """The text may well be right, but is more than is read here: too long, too deep, or made at query time."""
