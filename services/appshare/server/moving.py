"""A whole deployment moved from SQLite to PostgreSQL, or back: what `appshare-admin migrate` does."""

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from appshare.app_download.storages import storage_at
from appshare.app_download.storages.copying import copy_files
from appshare.app_download.stores.moving import LAYOUT as CATALOGUE
from appshare.moving.layout import Layout
from appshare.moving.moves import Moved, Seen, move_in, move_out
from appshare.moving.postgresql_end import connected
from appshare.moving.trouble import MoveError
from appshare.process.data_folder import owned_folder
from appshare.relation_radar.stores.moving import LAYOUT as RADAR
from appshare.share_registry.stores.moving import LAYOUT as REGISTRY

LAYOUTS: Sequence[Layout] = (RADAR, REGISTRY, CATALOGUE)
_PACKAGES = "app-download/packages"
_NUMBER_KEY = "relation-radar/number.key"


async def move_to_postgresql(data: Path, url: str, seen: Seen, *, replace: bool) -> list[Moved]:
    """Moves the databases of a data folder, in use or not, into PostgreSQL: one service after the other.

    Args:
        replace: whether whatever is in PostgreSQL may go.

    Raises:
        MoveError: with what to do; the services before have been moved.
        errors.UnavailableError: STORAGE_UNAVAILABLE, a database is of a newer version.
        OSError: the folder cannot be read.
    """
    layouts = [layout for layout in LAYOUTS if (data / layout.file).exists()]
    if not layouts:
        raise MoveError(f"{data} holds no database: say with --from where the servers keep their data")
    source = _name_of(data)
    # Beside the data: there is as much room as for it, and nobody else looks in.
    with tempfile.TemporaryDirectory(prefix=".migrate-", dir=data) as work:
        async with connected(url) as connection:
            return [
                await move_in(layout, data / layout.file, Path(work), connection, source, seen, replace=replace)
                for layout in layouts
            ]


async def copy_packages(data: Path, url: str, seen: Callable[[int], None]) -> tuple[int, list[str]]:
    """Copies the package files of a data folder into a bucket; as `copy_files`.

    Raises:
        MoveError: not a bucket's address.
        errors.UnavailableError: STORAGE_UNAVAILABLE; the files so far are there.
        OSError: a file cannot be read.
    """
    if not url.startswith("s3://"):
        raise MoveError("package files can be copied into a bucket only: s3://bucket/prefix")
    return await copy_files(data / _PACKAGES, storage_at(url, data / _PACKAGES), seen)


async def move_to_sqlite(url: str, data: Path, seen: Seen, *, replace: bool) -> list[Moved]:
    """Moves what is in PostgreSQL into the databases of a data folder that no server uses.

    Args:
        replace: whether databases that are in the folder may go.

    Raises:
        MoveError: with what to do; the services before have been moved.
        errors.UnavailableError: STORAGE_UNAVAILABLE, a schema is of a newer version.
        OSError: the folder cannot be used, or a server uses it.
    """
    moved = []
    async with connected(url) as connection:
        for layout in LAYOUTS:
            with owned_folder((data / layout.file).parent) as folder:
                file = folder / Path(layout.file).name
                moved.append(await move_out(layout, connection, file, seen, replace=replace))
    return moved


def _name_of(data: Path) -> str:
    """What tells this deployment from others, and nothing about its key."""
    try:
        key = (data / _NUMBER_KEY).read_bytes()
    except FileNotFoundError:
        key = str(data.resolve()).encode()
    return hashlib.sha256(b"appshare deployment\n" + key).hexdigest()[:16]
