"""The engines that keep what tests store: SQLite, and PostgreSQL where that is cheap or asked for."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.support.postgresql_server import PostgresqlServer

_CHOICE = "APPSHARE_TEST_STORE"
"""The variable that says where clouds and processes that tests start keep their data: sqlite, or postgresql."""


def on_postgresql() -> bool:
    """Whether the clouds and processes that tests start keep their data in PostgreSQL.

    Raises:
        ValueError: the variable is wrong; nobody shall believe that the other engine was tested.
    """
    chosen = os.environ.get(_CHOICE) or "sqlite"
    if chosen not in ("sqlite", "postgresql", "postgres"):
        raise ValueError(f"{_CHOICE} is {chosen}: it can be sqlite or postgresql")
    return chosen != "sqlite"


@contextmanager
def store_environment(server: PostgresqlServer) -> Iterator[Mapping[str, str]]:
    """The variables by which processes keep their data in a database of their own, empty, dropped in the end."""
    with server.fresh_database() as url:
        yield {"APPSHARE_DATABASE": url}
