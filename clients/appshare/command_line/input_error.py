"""What is wrong with what the user gave."""

from collections.abc import Sequence


class InputError(Exception):
    """An argument, a file or the state of the command cannot be used; the message says what to do about it.

    Attributes:
        candidates: what the user may have meant.
    """

    def __init__(self, message: str, *, candidates: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.candidates = tuple(candidates)
