"""What the rotation of the number key needs of a store."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from appshare.relation_radar.model import NumberKey

Rekey = Callable[[NumberKey], NumberKey]
"""What a number, as it is stored, is under the next key."""


class Phase(StrEnum):
    """What is being done about the next key."""

    SETTLED = "settled"
    COPYING = "copying"
    CLEARING = "clearing"


@dataclass(frozen=True, slots=True)
class KeyState:
    """Under which keys the numbers are stored.

    Attributes:
        generation: how many, one after the other.
        books_copied: books that are there under the next key, as they are now.
    """

    generation: int
    phase: Phase
    books_copied: int
    books_total: int


class KeyRotationStore(Protocol):
    """Puts all numbers under the next key while they are in use.

    Each method is a transaction or a few: after a crash, it goes on where the last one has ended. Every method raises
    `errors.UnavailableError` (STORAGE_UNAVAILABLE) when the storage cannot be used.
    """

    async def state(self) -> KeyState:
        """How far it is."""

    async def begin(self) -> None:
        """Has all books copied, from SETTLED; else it has begun."""

    async def copy_books(self, rekey: Rekey) -> int:
        """Copies a few books under the next key; returns how many are left. Books that change come again."""

    async def finish(self, rekey: Rekey) -> None:
        """Takes the copies into use and puts everything else under the next key, all at once; books that are left, too.

        From COPYING; else it has been done. The caller has seen to it that nobody carries a number.
        """

    async def clear(self) -> None:
        """Deletes, after `finish`, what was stored under the key before, so that none of it is left on the disk."""
