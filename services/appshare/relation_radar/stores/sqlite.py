"""RelationRadar's data in SQLite."""

from collections.abc import Collection, Sequence
from functools import partial
from importlib.resources import files

from appshare.relation_radar.model import Book, BookEntry, ContactQuota, Device, NumberKey, PackedContacts
from appshare.relation_radar.stores import sqlite_books
from appshare.relation_radar.stores.sqlite_devices import SqliteDeviceStore
from appshare.relation_radar.stores.sqlite_quotas import within_quota
from appshare.relation_radar.stores.sqlite_registrations import SqliteRegistrationStore
from appshare.sqlite.connections import on_one_state
from appshare.sqlite.database import Database

MIGRATIONS = files("appshare.relation_radar") / "migrations" / "sqlite"

_FEW_BOOKS = 2
_FEW_NUMBERS = 32
_FEW_LISTED = 512
"""So many are looked up at once."""


class SqliteBookStore:
    """A `BookStore` on an SQLite database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def replace_book(
        self, device: Device, entries: Sequence[BookEntry], max_contacts: int, quota: ContactQuota | None = None
    ) -> tuple[int, int]:
        """Stores a whole book; returns its new version and its number of contacts."""
        book = PackedContacts.pack((entry.number_key, entry.contact_id) for entry in entries)
        change = partial(sqlite_books.replace_book, device, book, max_contacts)
        return await self._database.change(partial(within_quota, device, quota, change))

    async def change_book(
        self,
        device: Device,
        base_version: int,
        dropped_contact_ids: Collection[int],
        entries: Sequence[BookEntry],
        max_contacts: int,
        quota: ContactQuota | None = None,
    ) -> tuple[int, int]:
        """Drops contacts, then adds entries; returns the book's new version and its number of contacts."""
        dropped = frozenset(dropped_contact_ids)
        added = [(entry.number_key, entry.contact_id) for entry in entries]
        change = partial(sqlite_books.change_book, device, base_version, dropped, added, max_contacts)
        return await self._database.change(partial(within_quota, device, quota, change))

    async def book(self, device: Device) -> Book:
        """The book of a device."""
        [book] = await self.books([device])
        return book

    async def books(self, devices: Sequence[Device]) -> list[Book]:
        """The books of devices, in their order."""
        query = partial(sqlite_books.CURRENT.read, {device.key for device in devices})
        stored = self._database.look_up(query) if len(devices) <= _FEW_BOOKS else await self._database.run(query)
        return [Book(device.number_key, stored.get(device.key, sqlite_books.EMPTY)) for device in devices]

    async def numbers_of_contact(self, device: Device, contact_id: int) -> list[NumberKey]:
        """The numbers of one contact of a device's book."""
        return (await self.book(device)).packed.numbers_of(contact_id)

    async def hubs(self, numbers: Collection[NumberKey], limit: int) -> frozenset[NumberKey]:
        """Those of the numbers that stand in more than `limit` books."""
        query = partial(sqlite_books.CURRENT.postings.hubs, numbers, limit)
        return self._database.look_up(query) if len(numbers) <= _FEW_NUMBERS else await self._database.run(query)

    async def devices_listing(self, device: Device, at_most: int) -> list[Device]:
        """Other devices that list the device's number, `at_most` of them."""
        few = self._database.look_up(partial(sqlite_books.size_of_listing, device)) <= _FEW_LISTED
        query = partial(sqlite_books.devices_listing, device, at_most)
        return self._database.look_up(partial(on_one_state, query)) if few else await self._database.run(query)

    async def devices_sharing(self, device: Device, at_least: int, hub_limit: int, at_most: int) -> list[Device]:
        """Other devices that list `at_least` numbers, no hubs, that the device lists too, `at_most` of them."""
        return await self._database.run(partial(sqlite_books.devices_sharing, device, at_least, hub_limit, at_most))


class SqliteRadarStore(SqliteRegistrationStore, SqliteDeviceStore, SqliteBookStore):
    """A `RadarStore` on one SQLite database."""
