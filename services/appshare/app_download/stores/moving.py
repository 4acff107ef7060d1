"""What AppDownload keeps in databases, as PostgreSQL and as SQLite have it; package files are elsewhere."""

import sqlite3
from importlib.resources import files

from appshare.app_download.stores.sqlite_names import read_words
from appshare.moving.layout import Layout, Table

_FOLDER = files("appshare.app_download") / "migrations"


def _complete(connection: sqlite3.Connection) -> None:
    connection.row_factory = sqlite3.Row
    while read_words(connection):
        pass


LAYOUT = Layout(
    schema="app_download",
    file="app-download/app_download.db",
    sqlite_migrations=_FOLDER / "sqlite",
    postgresql_migrations=_FOLDER / "postgresql",
    completing=_complete,
    tables=(
        Table("packages", assigned=frozenset({"addition"})),
        Table("package_files"),
        Table("fetched_packages"),
        Table("app_store_links"),
        Table("signer_pins"),
        Table("version_floors"),
        Table("operator_rows"),
        Table("upstreams", counter="upstream_id"),
        Table("upstream_apps"),
        Table("upstream_versions"),
        Table("app_requests"),
    ),
    sequences={"upstream_indices": ("upstream_indices", "index_id")},
)
