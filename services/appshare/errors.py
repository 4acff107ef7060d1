"""The typed errors of AppShare: raised where a fact is known, carried over every wire, raised again by clients."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum


class Reason(StrEnum):
    """Why a call failed: the names of `ErrorReason` in `error_reason.proto`, without their prefix."""

    INVALID_FIELD = "INVALID_FIELD"
    INVALID_PHONE_NUMBER = "INVALID_PHONE_NUMBER"
    EMPTY_CONTACT_BOOK = "EMPTY_CONTACT_BOOK"
    INVALID_DEVICE_PROFILE = "INVALID_DEVICE_PROFILE"
    INVALID_PAGE_TOKEN = "INVALID_PAGE_TOKEN"  # noqa: S105  # a reason, not a secret
    PACKAGE_NOT_AN_APK = "PACKAGE_NOT_AN_APK"
    PACKAGE_TRUNCATED = "PACKAGE_TRUNCATED"
    PACKAGE_AMBIGUOUS = "PACKAGE_AMBIGUOUS"
    PACKAGE_MALFORMED = "PACKAGE_MALFORMED"
    PACKAGE_TOO_LARGE = "PACKAGE_TOO_LARGE"
    UPLOAD_MISMATCH = "UPLOAD_MISMATCH"
    PACKAGE_UNSIGNED = "PACKAGE_UNSIGNED"
    PACKAGE_SIGNATURE_INVALID = "PACKAGE_SIGNATURE_INVALID"
    PACKAGE_SIGNER_CHANGED = "PACKAGE_SIGNER_CHANGED"
    PACKAGE_DEBUGGABLE = "PACKAGE_DEBUGGABLE"
    PACKAGE_TEST_ONLY = "PACKAGE_TEST_ONLY"
    PACKAGE_DEBUG_CERTIFICATE = "PACKAGE_DEBUG_CERTIFICATE"
    PACKAGE_TARGET_SDK_TOO_LOW = "PACKAGE_TARGET_SDK_TOO_LOW"
    PACKAGE_32_BIT_ONLY = "PACKAGE_32_BIT_ONLY"
    MISSING_TOKEN = "MISSING_TOKEN"  # noqa: S105  # a reason, not a secret
    INVALID_TOKEN = "INVALID_TOKEN"  # noqa: S105  # a reason, not a secret
    EXPIRED_TOKEN = "EXPIRED_TOKEN"  # noqa: S105  # a reason, not a secret
    INVALID_REFRESH_TOKEN = "INVALID_REFRESH_TOKEN"  # noqa: S105  # a reason, not a secret
    NOT_SHARED_WITH_YOU = "NOT_SHARED_WITH_YOU"
    WRONG_CODE = "WRONG_CODE"
    NOT_THE_GATEWAY = "NOT_THE_GATEWAY"
    PACKAGE_NOT_FOUND = "PACKAGE_NOT_FOUND"
    DEVICE_NOT_FOUND = "DEVICE_NOT_FOUND"
    APP_NOT_FOUND = "APP_NOT_FOUND"
    OPERATOR_NOT_FOUND = "OPERATOR_NOT_FOUND"
    STALE_BOOK_VERSION = "STALE_BOOK_VERSION"
    POSITION_AHEAD = "POSITION_AHEAD"
    REQUEST_ID_REUSED = "REQUEST_ID_REUSED"
    OPERATOR_EXISTS = "OPERATOR_EXISTS"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    PACKAGE_CORRUPT = "PACKAGE_CORRUPT"
    STORAGE_UNAVAILABLE = "STORAGE_UNAVAILABLE"
    INTERNAL = "INTERNAL"
    UNKNOWN_METHOD = "UNKNOWN_METHOD"
    STORAGE_OF_ANOTHER_CATALOGUE = "STORAGE_OF_ANOTHER_CATALOGUE"
    PACKAGE_VERSION_TOO_LOW = "PACKAGE_VERSION_TOO_LOW"
    SIGNER_NOT_PINNED = "SIGNER_NOT_PINNED"
    OPERATOR_ROW_NOT_FOUND = "OPERATOR_ROW_NOT_FOUND"
    OPERATOR_ROW_IDLE = "OPERATOR_ROW_IDLE"
    UPSTREAM_EXISTS = "UPSTREAM_EXISTS"
    UPSTREAM_NOT_FOUND = "UPSTREAM_NOT_FOUND"
    UPSTREAM_UNREACHABLE = "UPSTREAM_UNREACHABLE"
    UPSTREAM_ENTRY_INVALID = "UPSTREAM_ENTRY_INVALID"
    UPSTREAM_SIGNER_MISMATCH = "UPSTREAM_SIGNER_MISMATCH"
    UPSTREAM_ROLLED_BACK = "UPSTREAM_ROLLED_BACK"
    UPSTREAM_INDEX_MISMATCH = "UPSTREAM_INDEX_MISMATCH"
    UPSTREAM_INDEX_MALFORMED = "UPSTREAM_INDEX_MALFORMED"
    UPSTREAM_TOO_LARGE = "UPSTREAM_TOO_LARGE"
    UPSTREAM_PACKAGE_MISMATCH = "UPSTREAM_PACKAGE_MISMATCH"
    PACKAGE_INCOMPLETE = "PACKAGE_INCOMPLETE"
    PACKAGE_PARTS_DIFFER = "PACKAGE_PARTS_DIFFER"
    PACKAGE_SET_MALFORMED = "PACKAGE_SET_MALFORMED"


_LONGEST_MESSAGE = 1_024
"""Bytes; more is cut, so that an error with what goes with it fits into the 8 KiB of headers that clients take."""


class AppShareError(Exception):
    """The base of all: a reason for programs, a message that a person can act on.

    Args:
        reason: one of `Reason`; a newer server may send one that this version does not know, then it is INTERNAL.
        message: without a phone number, a name or a token.
        field: the request's field that is wrong.
        retry_after: when trying again can help.
        metadata: further facts for programs, by documented names.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        field: str | None = None,
        retry_after: timedelta | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        self.message = message.encode(errors="replace")[:_LONGEST_MESSAGE].decode(errors="ignore")
        super().__init__(self.message)
        self.reason = reason
        self.field = field
        self.retry_after = retry_after
        self.metadata = dict(metadata or {})


class InvalidArgumentError(AppShareError):
    """The request is wrong whoever sends it and whenever."""


class UnauthenticatedError(AppShareError):
    """The caller does not prove who it is."""


class PermissionDeniedError(AppShareError):
    """The caller may not; whether there would be something to see is not told."""


class NotFoundError(AppShareError):
    """What the request names is not there."""


class AlreadyExistsError(AppShareError):
    """What the request creates is there already and is something else."""


class FailedPreconditionError(AppShareError):
    """Something else has to be put right first."""


class AbortedError(AppShareError):
    """The request was made for a state that is no more."""


class OutOfRangeError(AppShareError):
    """The request names something beyond the end."""


class ResourceExhaustedError(AppShareError):
    """More than the operator allows."""


class UnavailableError(AppShareError):
    """Cannot be done now; the same request may be done later."""


class DeadlineExceededError(AppShareError):
    """The time that the caller gave was over before the answer."""


class DataLossError(AppShareError):
    """Stored bytes are not what was stored."""


class UnimplementedError(AppShareError):
    """The server has no such method: it is of another version than the caller."""


class InternalError(AppShareError):
    """A defect of the service."""
