"""What the rotation of the number key needs of a store."""

from collections.abc import Callable, Sequence
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
    `errors.UnavailableError` (STORAGE_UNAVAILABLE) when the storage cannot be used. Several copies of the service may
    call them at once; what a copy brings under keys that are not those in use any more is refused in the same way.

    A key is known by its check, which does not give it away.
    """

    async def generation(self) -> tuple[int, Phase]:
        """Under how many keys the numbers are stored, and what is being done about the next one."""

    async def confirm(self, checks: Sequence[bytes]) -> bool:
        """Whether keys, the oldest first, are those of the database, the next one with them when it has begun.

        Of the first key, whoever is first says what it is.
        """

    async def state(self) -> KeyState:
        """How far it is."""

    async def begin(self, check: bytes) -> None:
        """Has all books copied under the next key, from SETTLED; else it has begun, perhaps with another one."""

    async def copy_books(self, rekey: Rekey) -> int:
        """Copies a few books under the next key; returns how many are left, at least. Books that change come again."""

    async def finish(self, rekey: Rekey) -> None:
        """Takes the copies into use and puts everything else under the next key, all at once; books that are left, too.

        From COPYING; else it has been done. The caller has seen to it that nobody carries a number.
        """

    async def clear(self) -> None:
        """Deletes, after `finish`, what was stored under the key before, so that none of it is left on the disk."""
