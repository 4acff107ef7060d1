"""The catalogue: the packages that there are, and their files."""

from collections.abc import Sequence, Set
from contextlib import AbstractAsyncContextManager, suppress

from appshare import errors
from appshare.app_download.admission import admitted
from appshare.app_download.admission_policy import AdmissionPolicy
from appshare.app_download.decision_store import DecisionStore
from appshare.app_download.leases import CATALOGUE, Leases, LocalLeases
from appshare.app_download.package import Package, PageKey
from appshare.app_download.package_files import FilledFile, IncomingFile, PackageFiles
from appshare.app_download.store import CatalogueStore


class Catalogue:
    """The packages of one cloud.

    Args:
        policy: what is refused of any app.
        leases: shared by all copies of the service; None: there is only this one.
    """

    def __init__(
        self,
        store: CatalogueStore,
        decisions: DecisionStore,
        files: PackageFiles,
        policy: AdmissionPolicy,
        leases: Leases | None = None,
    ) -> None:
        self._store = store
        self._decisions = decisions
        self._files = files
        self._policy = policy
        self._leases = leases or LocalLeases()

    def changing(self) -> AbstractAsyncContextManager[None]:
        """To be held while the packages change, and what is decided about them.

        An addition never meets a removal, of which the row and the files go one after the other, nor a decision that it
        does not know yet; also not one through another copy of the service.
        """
        return self._leases.held(CATALOGUE)

    async def find(self, package_id: str) -> Package | None:
        """The package with the id."""
        return await self._store.find(package_id)

    async def claim(self, package_id: str) -> Package | None:
        """The package with the id, if it is there: from now on an operator's, who alone removes it."""
        async with self.changing():
            found = await self._store.find(package_id)
            if found:
                await self._store.claim(package_id)
            return found

    async def keep(
        self, package: Package, files: Sequence[IncomingFile | FilledFile], *, fetched_at: float | None = None
    ) -> None:
        """Takes a package in; the app is pinned to its signer if it was to none.

        Args:
            files: those of the package, filled.
            fetched_at: when it came from an upstream, in seconds since the epoch; None: an operator adds it.

        Raises:
            errors.InvalidArgumentError: as `admitted`; nothing is stored.
            errors.UnavailableError: STORAGE_UNAVAILABLE; nothing is stored.
        """
        name = package.manifest.package_name
        async with self.changing():
            present = await self._store.packages_of(name)
            pin = admitted(package, present, await self._decisions.decisions_of(name), self._policy)
            try:
                for file in files:
                    await self._files.keep(file)
                await self._store.add(package, pin, fetched_at=fetched_at)
            except BaseException:
                await self._drop_unreferenced({file.sha256 for file in files})
                raise

    async def remove(self, package_id: str) -> None:
        """Removes a package; a download of it that is under way completes.

        Raises:
            errors.NotFoundError: PACKAGE_NOT_FOUND.
        """
        async with self.changing():
            if not await self._remove(package_id):
                raise errors.NotFoundError(
                    errors.Reason.PACKAGE_NOT_FOUND,
                    "the catalogue has no such package; list them for their ids",
                )

    async def remove_fetched(self, package_id: str) -> bool:
        """Removes a package that came from an upstream, unless an operator has added it since; whether it is gone."""
        async with self.changing():
            return await self._store.is_fetched(package_id) and await self._remove(package_id)

    async def _remove(self, package_id: str) -> bool:
        """Removes a package and the files that no other one has; False: there is none."""
        orphaned = await self._store.remove(package_id)
        for sha256 in orphaned or ():
            await self._files.remove(sha256)
        return orphaned is not None

    async def packages_of(self, package_name: str) -> list[Package]:
        """All packages of an app, newest version first."""
        return await self._store.packages_of(package_name)

    async def _drop_unreferenced(self, digests: Set[str]) -> None:
        """Removes files of a package that could not be added; what is left after all, `storage clean` removes."""
        with suppress(errors.UnavailableError):
            for sha256 in digests - await self._store.referenced(digests):
                await self._files.remove(sha256)

    async def remove_orphan(self, sha256: str) -> bool:
        """Removes a file that no package has; returns whether that was so."""
        async with self.changing():
            if await self._store.referenced([sha256]):
                return False
            await self._files.remove(sha256)
            return True

    async def page(self, package_name: str, after: PageKey | None, size: int) -> list[Package]:
        """Packages by name, newest version first; of one app, or of all when `package_name` is empty."""
        return await self._store.page(package_name, after, size)

    async def set_app_store_link(self, package_name: str, url: str) -> None:
        """Sets the App Store link of an app; an empty one removes it."""
        await self._store.set_app_store_link(package_name, url)
