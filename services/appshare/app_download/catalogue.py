"""The catalogue: the packages that there are, and their files."""

import asyncio
from collections.abc import Sequence

from appshare import errors
from appshare.app_download.admission import require_admitted
from appshare.app_download.package import Package, PageKey
from appshare.app_download.package_files import IncomingFile, PackageFiles
from appshare.app_download.store import CatalogueStore


class Catalogue:
    """The packages of one cloud."""

    def __init__(self, store: CatalogueStore, files: PackageFiles) -> None:
        self._store = store
        self._files = files
        # Files and their row come and go together: an addition never meets a removal.
        self._changing = asyncio.Lock()

    async def find(self, package_id: str) -> Package | None:
        """The package with the id."""
        return await self._store.find(package_id)

    async def keep(self, package: Package, files: Sequence[IncomingFile]) -> None:
        """Takes a package in.

        Args:
            files: those of the package, filled.

        Raises:
            errors.InvalidArgumentError: PACKAGE_SIGNER_CHANGED; nothing is stored.
            errors.UnavailableError: STORAGE_UNAVAILABLE; nothing is stored.
        """
        async with self._changing:
            present = await self._store.packages_of(package.manifest.package_name)
            require_admitted(package.manifest, [each.manifest for each in present])
            for file in files:
                await self._files.keep(file)
            await self._store.add(package)

    async def remove(self, package_id: str) -> None:
        """Removes a package; a download of it that is under way completes.

        Raises:
            errors.NotFoundError: PACKAGE_NOT_FOUND.
        """
        async with self._changing:
            orphaned = await self._store.remove(package_id)
            if orphaned is None:
                raise errors.NotFoundError(
                    errors.Reason.PACKAGE_NOT_FOUND,
                    "the catalogue has no such package; list them for their ids",
                )
            for sha256 in orphaned:
                await self._files.remove(sha256)

    async def remove_orphan(self, sha256: str) -> bool:
        """Removes a file that no package has; returns whether that was so."""
        async with self._changing:
            if await self._store.has_file(sha256):
                return False
            await self._files.remove(sha256)
            return True

    async def page(self, package_name: str, after: PageKey | None, size: int) -> list[Package]:
        """Packages by name, newest version first; of one app, or of all when `package_name` is empty."""
        return await self._store.page(package_name, after, size)

    async def set_app_store_link(self, package_name: str, url: str) -> None:
        """Sets the App Store link of an app; an empty one removes it."""
        await self._store.set_app_store_link(package_name, url)
