"""Refusals that several places have reason to, and what the stores of every engine refuse in the same words."""

from datetime import timedelta

from appshare import errors


def device_not_registered() -> errors.NotFoundError:
    """The refusal of a device that asks and is not registered."""
    return errors.NotFoundError(
        errors.Reason.DEVICE_NOT_FOUND, "the device is not registered any more; register it again"
    )


def too_many_codes(seconds: float) -> errors.ResourceExhaustedError:
    """The refusal of one more code to a number, for so long."""
    return _too_many("too many codes were sent to this number; try again later", seconds, limit="codes_per_hour")


def too_many_devices(at_most: int) -> errors.ResourceExhaustedError:
    """The refusal of one more device of a number."""
    message = f"this number has {at_most} devices already; remove one of them, then confirm again"
    return _too_many(message, limit="max_devices")


def too_many_contacts(at_most: int) -> errors.ResourceExhaustedError:
    """The refusal of a book."""
    return _too_many(f"a contact book holds at most {at_most} contacts", limit="max_contacts")


def too_many_blocks(at_most: int) -> errors.ResourceExhaustedError:
    """The refusal of one more block."""
    return _too_many(f"a person blocks at most {at_most} numbers; take a block back first", limit="max_blocks")


def too_many_new_contacts(at_most: int, seconds: float | None) -> errors.ResourceExhaustedError:
    """The refusal of a book that brings new numbers.

    Args:
        seconds: until the day is over; None: it brings more than any day has room for.
    """
    advice = ": sync fewer contacts, and the others on other days" if seconds is None else "; sync again tomorrow"
    return _too_many(f"at most {at_most} new numbers a day{advice}", seconds, limit="new_contacts_per_day")


def _too_many(message: str, seconds: float | None = None, *, limit: str) -> errors.ResourceExhaustedError:
    retry_after = None if seconds is None else timedelta(seconds=seconds)
    return errors.ResourceExhaustedError(errors.Reason.LIMIT_EXCEEDED, message, retry_after=retry_after, limit=limit)
