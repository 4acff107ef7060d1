"""Rows as PostgreSQL has them, whichever database they are read from, and digests of all rows of a table."""

import hashlib
import json
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

Row = tuple[Any, ...]

BATCH = 1_000
"""Rows that are in memory at once."""

_LARGEST = 1 << 128

_RAISED: Mapping[str, Callable[[Any], Any]] = {
    "bool": bool,
    "_text": json.loads,
    "_int8": lambda blob: array("q", blob).tolist(),
    "float8": float,
    "text": str,
}
"""By the type in PostgreSQL, what a value of SQLite is there; what is not named is the same in both."""


@dataclass(frozen=True)
class Column:
    """A column of PostgreSQL.

    Attributes:
        kind: its type by PostgreSQL's own short name: "int8", "bool", "_text" for `text[]`.
    """

    name: str
    kind: str


@dataclass(frozen=True)
class Content:
    """What a table holds, so that two can be compared.

    Attributes:
        digest: in hexadecimal; of the rows in whatever order.
    """

    rows: int
    digest: str


def contents(rows: Iterable[Row]) -> Content:
    """What these rows are."""
    adding = Adding()
    for row in rows:
        adding.add(row)
    return adding.content()


class Adding:
    """Adds rows up to a `Content`: the sum of their SHA-256, cut to 128 bits."""

    def __init__(self) -> None:
        self._rows = 0
        self._sum = 0

    def add(self, row: Sequence[Any]) -> None:
        """One more."""
        self._rows += 1
        self._sum += int.from_bytes(hashlib.sha256(repr(tuple(row)).encode()).digest()[:16], "big")

    def content(self) -> Content:
        """What has been added."""
        return Content(self._rows, f"{self._sum % _LARGEST:032x}")


def from_sqlite(values: Sequence[Any], columns: Sequence[Column]) -> Row:
    """A row of SQLite as PostgreSQL has it.

    Raises:
        ValueError: a value is not of its column's type.
    """
    return tuple(_raised(value, column.kind) for value, column in zip(values, columns, strict=True))


def to_sqlite(row: Mapping[str, Any], columns: Sequence[Column]) -> dict[str, Any]:
    """A row of PostgreSQL as SQLite has it, by column; a list that is not one of the columns is of keys."""
    kinds = {column.name: column.kind for column in columns}
    return {name: _lowered(value, kinds.get(name, "")) for name, value in row.items()}


def batches(rows: Iterable[Row]) -> Iterable[list[Row]]:
    """The rows, some at a time."""
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def _raised(value: Any, kind: str) -> Any:
    return value if value is None or kind not in _RAISED else _RAISED[kind](value)


def _lowered(value: Any, kind: str) -> Any:
    match value:
        case bool():
            return int(value)
        case list() if kind == "_text":
            return json.dumps(value)
        case list():
            return array("q", value).tobytes()
    return value
