"""What the gateway keeps in files of its own, and what a caller is told when they cannot be written."""

from collections.abc import Iterator
from contextlib import contextmanager

from appshare import errors


@contextmanager
def kept() -> Iterator[None]:
    """What is done in it writes a file.

    Raises:
        errors.UnavailableError: STORAGE_UNAVAILABLE; nothing was changed.
    """
    try:
        yield
    except OSError as error:
        raise errors.UnavailableError(
            errors.Reason.STORAGE_UNAVAILABLE, "the gateway's folder cannot be written; nothing was changed"
        ) from error
