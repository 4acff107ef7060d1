"""The real store, which a measurement would ask for the same few books millions of times."""

from collections.abc import Collection

from appshare.relation_radar.model import Book, Device, NumberKey
from appshare.relation_radar.stores.sqlite import SqliteRadarStore
from appshare.sqlite.database import Database


class RememberingStore(SqliteRadarStore):
    """Reads each book, and whether a number is a hub, once: for books that do not change and one hub limit."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._books: dict[int, Book] = {}
        self._is_hub: dict[NumberKey, bool] = {}

    async def book(self, device: Device) -> Book:
        """The book of a device."""
        if device.key not in self._books:
            self._books[device.key] = await super().book(device)
        return self._books[device.key]

    async def hubs(self, numbers: Collection[NumberKey], limit: int) -> frozenset[NumberKey]:
        """Those of the numbers that stand in more than `limit` books."""
        if unknown := [number for number in numbers if number not in self._is_hub]:
            found = await super().hubs(unknown, limit)
            self._is_hub.update((number, number in found) for number in unknown)
        return frozenset(number for number in numbers if self._is_hub[number])
