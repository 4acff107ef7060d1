"""RelationRadar's data in PostgreSQL.

Every read is one statement, and so on one state of the database. Every statement that brings a number says under how
many keys it is (`under_keys`): there may be other copies of the service, and one of them takes the next key into use.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from importlib.resources import files

import asyncpg

from appshare.postgresql.database import Connection, Database
from appshare.relation_radar.model import Book, BookEntry, ContactQuota, Device, NumberKey, PackedContacts
from appshare.relation_radar.stores import postgresql_books
from appshare.relation_radar.stores.postgresql_books import IS_HUB
from appshare.relation_radar.stores.postgresql_devices import DEVICE, PostgresqlDeviceStore
from appshare.relation_radar.stores.postgresql_quotas import count_arrived
from appshare.relation_radar.stores.postgresql_registrations import PostgresqlRegistrationStore

MIGRATIONS = files("appshare.relation_radar") / "migrations" / "postgresql"

_BOOKS = "SELECT device, numbers, contact_ids FROM books WHERE device = ANY($1::bigint[])"

_HUBS = (
    "SELECT number_key FROM unnest($1::bigint[]) AS asked (number_key)"
    f" WHERE under_keys($3) AND {IS_HUB.format(number='asked.number_key', limit='$2')}"
)

# The numbers that a device lists, its own with them; and which devices list its own.
_LISTED = "SELECT unnest(numbers) AS number_key FROM books WHERE device = $1 UNION SELECT $2"
_LISTS_IT = (
    "(devices.number_key = $2 OR EXISTS ("
    # OFFSET 0 has it looked up device by device: else all postings of a well-known number could be read beforehand.
    "SELECT FROM postings WHERE postings.number_key = $2 AND postings.device = devices.device OFFSET 0))"
)

# Of very many that list a device, some are taken, and those that it lists too.
_LISTING = f"""
    WITH listed AS MATERIALIZED ({_LISTED}),
    mutual AS (SELECT device FROM listed JOIN devices USING (number_key) WHERE {_LISTS_IT}),
    found AS (
        SELECT device, true AS is_mutual FROM mutual
        UNION ALL
        SELECT device, false FROM (
            SELECT device FROM postings WHERE number_key = $2 ORDER BY device LIMIT $3::bigint + 1
        ) AS others WHERE device NOT IN (SELECT device FROM mutual)
    )
    SELECT {DEVICE} FROM found JOIN devices USING (device)
    WHERE device <> $1 AND under_keys($4)
    ORDER BY is_mutual DESC, device_id LIMIT $3
"""

_SHARING = f"""
    WITH listed AS MATERIALIZED ({_LISTED}),
    telling AS MATERIALIZED (
        SELECT number_key FROM listed WHERE NOT {IS_HUB.format(number="listed.number_key", limit="$4")}
    ),
    holders AS (
        SELECT number_key, device FROM telling JOIN postings USING (number_key)
        UNION
        SELECT number_key, device FROM telling JOIN devices USING (number_key)
    ),
    sharing AS (SELECT device FROM holders WHERE device <> $1 GROUP BY device HAVING count(*) >= $5)
    SELECT {DEVICE} FROM sharing JOIN devices USING (device)
    WHERE under_keys($6)
    ORDER BY (number_key IN (SELECT number_key FROM listed) AND {_LISTS_IT}) DESC, device_id LIMIT $3
"""


class PostgresqlBookStore:
    """A `BookStore` on a PostgreSQL database.

    Args:
        generation: says under how many keys the numbers are that are given to the store.
    """

    def __init__(self, database: Database, generation: Callable[[], int]) -> None:
        self._database = database
        self._generation = generation

    async def replace_book(
        self, device: Device, entries: Sequence[BookEntry], max_contacts: int, quota: ContactQuota | None = None
    ) -> tuple[int, int]:
        """Stores a whole book; returns its new version and its number of contacts."""
        contacts = PackedContacts.pack((entry.number_key, entry.contact_id) for entry in entries)
        return await self._change(device, lambda _: contacts, max_contacts, quota)

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
        change = partial(
            postgresql_books.changed_book, base_version=base_version, dropped_contact_ids=dropped, added=added
        )
        return await self._change(device, change, max_contacts, quota)

    async def book(self, device: Device) -> Book:
        """The book of a device."""
        [book] = await self.books([device])
        return book

    async def books(self, devices: Sequence[Device]) -> list[Book]:
        """The books of devices, in their order."""
        rows = await self._database.read(_BOOKS, list({device.key for device in devices}))
        stored = {row["device"]: postgresql_books.unpack(row) for row in rows}
        return [Book(device.number_key, stored.get(device.key, postgresql_books.EMPTY)) for device in devices]

    async def numbers_of_contact(self, device: Device, contact_id: int) -> list[NumberKey]:
        """The numbers of one contact of a device's book."""
        return (await self.book(device)).packed.numbers_of(contact_id)

    async def hubs(self, numbers: Collection[NumberKey], limit: int) -> frozenset[NumberKey]:
        """Those of the numbers that stand in more than `limit` books.

        It asks for no numbers, too: the time must not tell whether two people have any in common.
        """
        rows = await self._database.read(_HUBS, list(numbers), limit, self._generation())
        return frozenset(row["number_key"] for row in rows)

    async def devices_listing(self, device: Device, at_most: int) -> list[Device]:
        """Other devices that list the device's number, `at_most` of them."""
        values = (device.key, device.number_key, at_most, self._generation())
        return _devices(await self._database.read(_LISTING, *values))

    async def devices_sharing(self, device: Device, at_least: int, hub_limit: int, at_most: int) -> list[Device]:
        """Other devices that list `at_least` numbers, no hubs, that the device lists too, `at_most` of them."""
        values = (device.key, device.number_key, at_most, hub_limit, at_least, self._generation())
        return _devices(await self._database.read(_SHARING, *values))

    async def _change(
        self,
        device: Device,
        change: Callable[[postgresql_books.OpenBook], PackedContacts],
        max_contacts: int,
        quota: ContactQuota | None,
    ) -> tuple[int, int]:
        async def work(connection: Connection) -> tuple[int, int]:
            book = await postgresql_books.open_book(device.key, self._generation(), connection)
            contacts = change(book)
            count = await postgresql_books.store_book(book, contacts, max_contacts, connection)
            arrived = len(postgresql_books.arrived(book.stored, contacts))
            await count_arrived(book.owner, arrived, quota, connection)
            return book.version, count

        return await self._database.change_under_locks(work)


class PostgresqlRadarStore(PostgresqlRegistrationStore, PostgresqlDeviceStore, PostgresqlBookStore):
    """A `RadarStore` on one PostgreSQL database."""


def _devices(rows: Iterable[asyncpg.Record]) -> list[Device]:
    return [Device(*row) for row in rows]
