"""Checks of request fields that every servicer needs."""

import unicodedata

from appshare import errors


def invalid_field(field: str, message: str) -> errors.InvalidArgumentError:
    """The error for a wrong field, named as in the protos, for example "apps[3].package_name"."""
    return errors.InvalidArgumentError(errors.Reason.INVALID_FIELD, f"{field}: {message}", field=field)


def require_text(text: str, field: str) -> str:
    """The text, when there is any.

    Raises:
        errors.InvalidArgumentError: INVALID_FIELD.
    """
    if not text.strip():
        raise invalid_field(field, "must not be empty")
    return text


def require_length(text: str, field: str, at_most: int) -> str:
    """The text, when it has at most so many characters.

    Raises:
        errors.InvalidArgumentError: INVALID_FIELD.
    """
    if len(text) > at_most:
        raise invalid_field(field, f"has more than {at_most} characters")
    return text


def require_printable(text: str, field: str) -> str:
    """The text, when it can be shown to a person: no control characters.

    Raises:
        errors.InvalidArgumentError: INVALID_FIELD.
    """
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise invalid_field(field, "must not hold control characters")
    return text
