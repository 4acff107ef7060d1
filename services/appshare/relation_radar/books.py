"""Contact books come in: the numbers in them become keys, and are kept as nothing else."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from appshare import errors
from appshare.process.clock import Clock
from appshare.relation_radar.limits import RadarLimits
from appshare.relation_radar.model import BookEntry, Contact, ContactQuota
from appshare.relation_radar.numbers import NumberKeys, read_personal_number
from appshare.relation_radar.people import People
from appshare.relation_radar.refusals import too_many_contacts
from appshare.relation_radar.store import RadarStore


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a sync of a book came to."""

    book_version: int
    contact_count: int
    skipped_number_count: int


class Books:
    """Keeps contact books.

    Args:
        changed: told of each device whose book has changed.
    """

    def __init__(
        self,
        store: RadarStore,
        number_keys: NumberKeys,
        limits: RadarLimits,
        changed: Callable[[str], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._store = store
        self._number_keys = number_keys
        self._limits = limits
        self._changed = changed
        self._clock = clock
        self._people = People(store, number_keys)

    async def replace(self, device_id: str, contacts: Sequence[Contact]) -> SyncResult:
        """Stores a whole book.

        Raises:
            errors.InvalidArgumentError: EMPTY_CONTACT_BOOK.
            errors.NotFoundError: DEVICE_NOT_FOUND.
            errors.ResourceExhaustedError: LIMIT_EXCEEDED.
        """
        device = await self._people.require_device(device_id)
        if not contacts:
            raise errors.InvalidArgumentError(
                errors.Reason.EMPTY_CONTACT_BOOK,
                "the contact book is empty; does the app have the permission to read the contacts?",
                field="full.contacts",
            )
        self._require_bounded(contacts)
        entries, skipped = await self._read(contacts, device.region)
        version, count = await self._store.replace_book(device, entries, self._limits.max_contacts, self._quota())
        await self._changed(device_id)
        return SyncResult(version, count, skipped)

    async def change(
        self, device_id: str, base_version: int, upserted: Sequence[Contact], removed: Collection[int]
    ) -> SyncResult:
        """Changes contacts of a book.

        Raises:
            errors.AbortedError: STALE_BOOK_VERSION.
            errors.NotFoundError: DEVICE_NOT_FOUND.
            errors.ResourceExhaustedError: LIMIT_EXCEEDED.
        """
        device = await self._people.require_device(device_id)
        self._require_bounded(upserted)
        entries, skipped = await self._read(upserted, device.region)
        dropped = {contact.contact_id for contact in upserted} | set(removed)
        version, count = await self._store.change_book(
            device, base_version, dropped, entries, self._limits.max_contacts, self._quota()
        )
        await self._changed(device_id)
        return SyncResult(version, count, skipped)

    async def _read(self, contacts: Sequence[Contact], region: str) -> tuple[list[BookEntry], int]:
        """The entries of contacts and how many numbers do not count; in a thread, since a book takes milliseconds."""
        return await asyncio.to_thread(self._read_entries, contacts, region)

    def _read_entries(self, contacts: Sequence[Contact], region: str) -> tuple[list[BookEntry], int]:
        entries, skipped = [], 0
        for contact in contacts:
            for number in contact.numbers:
                try:
                    key = self._number_keys.key(read_personal_number(number, region, self._limits.number_types))
                except errors.InvalidArgumentError:
                    skipped += 1
                else:
                    entries.append(BookEntry(contact.contact_id, key))
        return entries, skipped

    def _require_bounded(self, contacts: Sequence[Contact]) -> None:
        if len(contacts) > self._limits.max_contacts:
            raise too_many_contacts(self._limits.max_contacts)

    def _quota(self) -> ContactQuota:
        return ContactQuota(self._limits.new_contacts_per_day, self._clock())
