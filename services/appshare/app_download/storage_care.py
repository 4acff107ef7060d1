"""Whether the stored files are those of the catalogue, byte for byte, and what to do with those that are not."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum

from appshare import errors
from appshare.app_download.catalogue import Catalogue
from appshare.app_download.file_storage import Data
from appshare.app_download.package import PageKey
from appshare.app_download.package_files import PackageFiles
from appshare.app_download.store import CatalogueStore

_PAGE_SIZE = 200
_PIECE = 1 << 20
_TOLD_EVERY = 16 << 20
"""Bytes after which progress is told again."""


class Fault(StrEnum):
    """What is wrong with a stored file."""

    MISSING = "MISSING"
    DAMAGED = "DAMAGED"
    ORPHANED = "ORPHANED"


@dataclass(frozen=True, slots=True)
class Finding:
    """A file with which something is wrong; an orphan is of no package."""

    fault: Fault
    sha256: str
    size: int
    """In bytes: as stored, or as it should be."""
    package_name: str = ""
    package_id: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a check is, in files and in bytes."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int


@dataclass(frozen=True, slots=True)
class _Needed:
    """A file that a package has."""

    sha256: str
    size: int
    package_name: str
    package_id: str

    def finding(self, fault: Fault, size: int) -> Finding:
        return Finding(fault, self.sha256, size, self.package_name, self.package_id)


class StorageCare:
    """Compares the storage with the catalogue while both are in use; holds some hundred bytes per file."""

    def __init__(self, store: CatalogueStore, files: PackageFiles, catalogue: Catalogue) -> None:
        self._store = store
        self._files = files
        self._catalogue = catalogue

    async def check(self, *, only_sizes: bool = False) -> AsyncIterator[Finding | Progress]:
        """Goes through all files: those that are missing or damaged first, then those of no package.

        Args:
            only_sizes: read nothing.
        """
        needed = await self._needed()  # before the listing: a file that comes in between is in the listing only
        stored = await self._stored()
        bytes_total, bytes_done = sum(each.size for each in needed.values()), 0
        told = -_TOLD_EVERY
        for files_done, file in enumerate(needed.values()):
            digest = hashlib.sha256()
            async with aclosing(self._pieces(file, stored, only_sizes=only_sizes)) as pieces:
                async for piece in pieces:
                    if bytes_done - told >= _TOLD_EVERY:
                        told = bytes_done
                        yield Progress(files_done, len(needed), bytes_done, bytes_total)
                    await asyncio.to_thread(digest.update, piece)
                    bytes_done += len(piece)
            fault = _fault(file, stored, None if only_sizes else digest.hexdigest())
            if fault and await self._store.referenced([file.sha256]):  # else its package was removed meanwhile
                yield file.finding(fault, stored.get(file.sha256, file.size))
        yield Progress(len(needed), len(needed), bytes_done, bytes_total)
        for sha256 in stored.keys() - needed.keys():
            if not await self._store.referenced([sha256]):
                yield Finding(Fault.ORPHANED, sha256, stored[sha256])

    async def clean(self, *, dry_run: bool = False, force: bool = False) -> AsyncIterator[Finding]:
        """Removes the files of no package; yields each that is removed.

        Args:
            dry_run: say what would be removed; remove nothing.
            force: also when they are more than the others.

        Raises:
            errors.FailedPreconditionError: STORAGE_OF_ANOTHER_CATALOGUE; nothing is removed.
        """
        stored = await self._stored()
        orphans = stored.keys() - await self._store.digests()
        if 2 * len(orphans) > len(stored) and not (force or dry_run):
            raise errors.FailedPreconditionError(
                errors.Reason.STORAGE_OF_ANOTHER_CATALOGUE,
                f"{len(orphans)} of {len(stored)} files are of no package: is this the right database, or an old copy?"
                " Nothing was removed; `--force` removes them",
            )
        for sha256 in orphans:
            if dry_run or await self._catalogue.remove_orphan(sha256):
                yield Finding(Fault.ORPHANED, sha256, stored[sha256])

    async def _needed(self) -> dict[str, _Needed]:
        """The files of all packages by digest, each for one of the packages that have it."""
        found: dict[str, _Needed] = {}
        after: PageKey | None = None
        while page := await self._store.page("", after, _PAGE_SIZE):
            for package in page:
                for file in package.files:
                    name = package.manifest.package_name
                    found.setdefault(file.sha256, _Needed(file.sha256, file.size, name, package.package_id))
            after = page[-1].page_key
        return found

    async def _stored(self) -> dict[str, int]:
        """The sizes of all stored files by digest."""
        return {entry.sha256: entry.size async for entry in self._files.entries()}

    async def _pieces(self, file: _Needed, stored: dict[str, int], *, only_sizes: bool) -> AsyncGenerator[Data, None]:
        """The bytes of a file as far as they can be read."""
        if only_sizes or stored.get(file.sha256) != file.size:
            return
        try:
            async with self._files.open(file.sha256, file.size) as opened:
                async for piece in opened.chunks(0, file.size, _PIECE):
                    yield piece
        except errors.DataLossError:
            return  # the digest will tell


def _fault(file: _Needed, stored: dict[str, int], digest: str | None) -> Fault | None:
    if file.sha256 not in stored:
        return Fault.MISSING
    if stored[file.sha256] != file.size or digest not in {None, file.sha256}:
        return Fault.DAMAGED
    return None
