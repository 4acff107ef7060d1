"""How the tables of a service in PostgreSQL and in SQLite belong together; each service describes its own."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable


@dataclass(frozen=True)
class Table:
    """A table of PostgreSQL, and where its rows are in SQLite.

    Without more than a name it is a table of the same name with the same columns in both. Values follow from
    PostgreSQL's types: a boolean is 0 or 1 in SQLite, `text[]` a JSON list, `bigint[]` int64 after int64 in a blob.

    Attributes:
        given: columns that SQLite has not, each as an SQL expression over its table.
        assigned: columns that PostgreSQL fills by itself.
        source: a query of SQLite with all columns, by their names, in place of the table.
        restoring: statements that put a row into SQLite, with the columns as `:name`; empty: an INSERT of all.
        grouped: a query of PostgreSQL, read for `restoring` in place of the table.
        counter: the column whose numbers are never given twice.
        filled: whether an empty schema has rows in it.
    """

    name: str
    given: Mapping[str, str] = field(default_factory=dict)
    assigned: frozenset[str] = frozenset()
    source: str = ""
    restoring: Sequence[str] = ()
    grouped: str = ""
    counter: str = ""
    filled: bool = False


@dataclass(frozen=True)
class Layout:
    """What a service keeps in databases.

    Attributes:
        schema: of PostgreSQL.
        file: of SQLite, in the data folder, for example "share-registry/share_registry.db".
        tables: those with references after those that they refer to.
        unready: a query of either that finds a row while the data must not be moved, and what to do then.
        completing: what the service does to an SQLite database when it starts, besides migrations.
        sequences: of PostgreSQL without a table, each with the table of SQLite that counts, and its column.
    """

    schema: str
    file: str
    tables: Sequence[Table]
    sqlite_migrations: Traversable
    postgresql_migrations: Traversable
    unready: tuple[str, str] | None = None
    completing: Callable[[sqlite3.Connection], None] | None = None
    sequences: Mapping[str, tuple[str, str]] = field(default_factory=dict)
