"""Metadata that goes from hop to hop: what a call carries, the calls made on its behalf carry too."""

from contextvars import ContextVar

REQUEST_ID_KEY = "x-request-id"
"""Metadata key of the id that finds a call in the logs of every process."""

Metadata = tuple[tuple[str, str], ...]

_carried: ContextVar[Metadata] = ContextVar("carried", default=())


def carried() -> Metadata:
    """What the current call hands on; empty outside of a call."""
    return _carried.get()


def carry(metadata: Metadata) -> None:
    """Says what the current call hands on."""
    _carried.set(metadata)
