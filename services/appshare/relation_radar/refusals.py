"""Refusals that several places have reason to."""

from appshare import errors


def device_not_registered() -> errors.NotFoundError:
    """The refusal of a device that asks and is not registered."""
    return errors.NotFoundError(
        errors.Reason.DEVICE_NOT_FOUND, "the device is not registered any more; register it again"
    )
