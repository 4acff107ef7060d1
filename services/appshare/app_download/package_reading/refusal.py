"""Why a package is refused."""

from enum import StrEnum

_SHOWN_LENGTH = 100


class RefusalReason(StrEnum):
    """What is wrong with a file that is offered as a package."""

    NOT_AN_APK = "NOT_AN_APK"
    TRUNCATED = "TRUNCATED"
    NOT_STARTING_WITH_ZIP_HEADER = "NOT_STARTING_WITH_ZIP_HEADER"
    DUPLICATE_ENTRY = "DUPLICATE_ENTRY"
    TOO_LARGE = "TOO_LARGE"
    MALFORMED_ARCHIVE = "MALFORMED_ARCHIVE"
    MALFORMED_MANIFEST = "MALFORMED_MANIFEST"
    INVALID_PACKAGE_NAME = "INVALID_PACKAGE_NAME"
    INVALID_VERSION_CODE = "INVALID_VERSION_CODE"
    MALFORMED_SET = "MALFORMED_SET"
    INCONSISTENT_SET = "INCONSISTENT_SET"
    INCOMPLETE_SET = "INCOMPLETE_SET"
    SIGNATURE_MISSING = "SIGNATURE_MISSING"
    SIGNATURE_INVALID = "SIGNATURE_INVALID"
    SIGNATURE_STRIPPED = "SIGNATURE_STRIPPED"
    SIGNATURE_UNSUPPORTED = "SIGNATURE_UNSUPPORTED"
    TIMED_OUT = "TIMED_OUT"


def shown(name: str) -> str:
    """A name that the package chose, as it may stand in a message."""
    return repr(name[:_SHOWN_LENGTH])


class PackageRefused(Exception):  # noqa: N818  # says what has happened
    """The file is no package that a device would install; the message is safe to show."""

    def __init__(self, reason: RefusalReason, message: str) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message
