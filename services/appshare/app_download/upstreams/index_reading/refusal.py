"""Why what an upstream publishes is refused."""

from enum import StrEnum


class IndexFault(StrEnum):
    """What is wrong with an `entry.jar` or an index."""

    NOT_A_JAR = "NOT_A_JAR"
    UNSIGNED = "UNSIGNED"
    SIGNATURE_INVALID = "SIGNATURE_INVALID"
    WEAK_DIGEST = "WEAK_DIGEST"
    SEVERAL_SIGNERS = "SEVERAL_SIGNERS"
    OTHER_SIGNER = "OTHER_SIGNER"
    OTHER_ENTRIES = "OTHER_ENTRIES"
    MALFORMED_ENTRY = "MALFORMED_ENTRY"
    MALFORMED_INDEX = "MALFORMED_INDEX"
    TOO_LARGE = "TOO_LARGE"


class IndexRefused(Exception):  # noqa: N818  # says what has happened
    """The file is not to be used; the message is safe to show."""

    def __init__(self, fault: IndexFault, message: str) -> None:
        super().__init__(f"{fault}: {message}")
        self.fault = fault
        self.message = message
