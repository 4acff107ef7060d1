"""What failed on this side: neither the server's refusal nor the user's mistake."""


class FailureError(Exception):
    """Something that a command needs does not do its part, a phone for example; the message says what to do about it.

    Attributes:
        reason: for programs, in capitals, for example "PHONE_GONE".
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
