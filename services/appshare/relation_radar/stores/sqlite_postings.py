"""From a number to the devices whose books hold it, in SQLite.

To write a posting for each number of a book would change a page for each. What books add is collected in a small table
of the same layout, and moved on slice by slice: the numbers of a slice, digests, are neighbours, and many have come
together by then.
"""

import json
import sqlite3
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence

from appshare.relation_radar.model import NumberKey

_SLICES = 512
"""Parts of the space of numbers. So many books, more or less, wait to be moved on."""

_LOWEST = -(1 << 63)

_ADDED_PER_SLICE = 256
"""A book that adds more moves more slices, so that what is collected stays small."""

# To SQLite, blobs in a row are a text.
_JOINED = " ON CONFLICT DO UPDATE SET holders = CAST(holders || excluded.holders AS BLOB)"


class Postings:
    """The postings of one generation of numbers: functions on a connection.

    Args:
        suffix: of the names of the tables.
    """

    def __init__(self, suffix: str = "") -> None:
        self._settled = f"postings{suffix}"
        self._recent = f"recent_postings{suffix}"

    def add(self, device: int, numbers: Sequence[NumberKey], turn: int, connection: sqlite3.Connection) -> None:
        """Adds a device to the postings of numbers, none of which has it.

        Args:
            numbers: sorted, so that they come page by page.
            turn: whose slices are moved on; each turn's are others.
        """
        connection.execute(
            f"INSERT INTO {self._recent} (number_key, holders) SELECT value, ?2 FROM json_each(?1) WHERE TRUE"
            + _JOINED,
            (json.dumps(numbers), array("I", [device]).tobytes()),
        )
        for each in range(1 + len(numbers) // _ADDED_PER_SLICE):
            self._move_on((turn + each) % _SLICES, connection)

    def remove(self, device: int, numbers: Iterable[NumberKey], connection: sqlite3.Connection) -> None:
        """Removes a device from the postings of numbers, all of which have it. Nothing of it is left behind."""
        for number in numbers:
            if not self._remove_from(self._recent, device, number, connection):
                self._remove_from(self._settled, device, number, connection)

    def holders(self, numbers: Collection[NumberKey], connection: sqlite3.Connection) -> Iterator[tuple[int, bytes]]:
        """The devices whose books hold a number, packed; a number may come twice, and then with others."""
        for table in (self._settled, self._recent):
            yield from connection.execute(
                f"SELECT number_key, holders FROM {table} WHERE number_key IN (SELECT value FROM json_each(?))",
                (json.dumps(list(numbers)),),
            )

    def holders_of(self, number: NumberKey, connection: sqlite3.Connection) -> list[bytes]:
        """The devices whose books hold one number, packed in parts."""
        rows = connection.execute(
            f"SELECT holders FROM {self._settled} WHERE number_key = ?1"
            f" UNION ALL SELECT holders FROM {self._recent} WHERE number_key = ?1",
            (number,),
        )
        return [packed for (packed,) in rows]

    def count_holders(self, number: NumberKey, connection: sqlite3.Connection) -> int:
        """How many devices hold a number."""
        query = f"SELECT {_length_in(self._settled)} + {_length_in(self._recent)}"
        [size] = connection.execute(query, {"number": number}).fetchone()
        return int(size) // array("I").itemsize

    def hubs(self, numbers: Collection[NumberKey], limit: int, connection: sqlite3.Connection) -> frozenset[NumberKey]:
        """Those of the numbers that stand in more than `limit` books. The length of a blob is known without it."""
        rows = connection.execute(
            f"SELECT value FROM json_each(?) LEFT JOIN {self._settled} AS settled ON settled.number_key = value"
            f" LEFT JOIN {self._recent} AS recent ON recent.number_key = value"
            " WHERE ifnull(length(settled.holders), 0) + ifnull(length(recent.holders), 0) > ?",
            (json.dumps(list(numbers)), limit * array("I").itemsize),
        )
        return frozenset(number for (number,) in rows)

    def _move_on(self, index: int, connection: sqlite3.Connection) -> None:
        width = (1 << 64) // _SLICES
        first = _LOWEST + index * width
        slice_ = (first, first + width - 1)
        of_slice = f"FROM {self._recent} WHERE number_key BETWEEN ? AND ?"
        connection.execute(
            f"INSERT INTO {self._settled} (number_key, holders) SELECT number_key, holders {of_slice}" + _JOINED,
            slice_,
        )
        connection.execute(f"DELETE {of_slice}", slice_)

    def _remove_from(self, table: str, device: int, number: NumberKey, connection: sqlite3.Connection) -> bool:
        """Removes a device from a number's row; False when it is not there."""
        row = connection.execute(f"SELECT holders FROM {table} WHERE number_key = ?", (number,)).fetchone()
        holders = array("I", row[0] if row else b"")
        if device not in holders:
            return False
        holders.remove(device)
        if holders:
            change = f"UPDATE {table} SET holders = ? WHERE number_key = ?"
            connection.execute(change, (holders.tobytes(), number))
        else:
            connection.execute(f"DELETE FROM {table} WHERE number_key = ?", (number,))
        return True


def _length_in(table: str) -> str:
    return f"ifnull((SELECT length(holders) FROM {table} WHERE number_key = :number), 0)"
