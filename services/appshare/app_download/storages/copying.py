"""Package files copied from a folder into a bucket, each compared with its digest on the way."""

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path

from appshare.app_download.file_storage import FileStorage

_CHUNK = 1 << 20


async def copy_files(folder: Path, storage: FileStorage, seen: Callable[[int], None]) -> tuple[int, list[str]]:
    """Copies what a storage lacks; returns how many files the folder has, and the digests of those that are damaged.

    It can be repeated: what is there in its size is not copied again.

    Args:
        folder: as `LocalStorage` lays it out; its files never change.
        storage: one that copies what it keeps, a bucket.
        seen: is told after each file how many have been looked at.

    Raises:
        errors.UnavailableError: STORAGE_UNAVAILABLE; the files so far are there.
        OSError: a file cannot be read.
    """
    there = {entry.sha256: entry.size async for entry in storage.entries()}
    files = sorted(await asyncio.to_thread(lambda: list(folder.glob("??/*"))))
    damaged = []
    for number, path in enumerate(files, 1):
        try:
            if there.get(path.name) != path.stat().st_size:
                if await asyncio.to_thread(_sha256, path) == path.name:
                    await storage.keep(path, path.name)
                else:
                    damaged.append(path.name)
        except FileNotFoundError:
            continue  # removed from the catalogue meanwhile
        seen(number)
    return len(files), damaged


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
