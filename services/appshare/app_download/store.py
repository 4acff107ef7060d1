"""What AppDownload needs of a store; every implementation passes the same contract tests."""

from typing import Protocol

from appshare.app_download.model import Artifact, PageKey


class CatalogueStore(Protocol):
    """The packages that there are, and the App Store links.

    Every method raises `errors.UnavailableError` (STORAGE_UNAVAILABLE) when the storage cannot be used, and then has
    changed nothing. What a method has changed is durable when it returns.
    """

    async def add(self, artifact: Artifact) -> None:
        """Stores a package; one that is there already stays as it is."""

    async def remove(self, sha256: str) -> bool:
        """Removes a package; False when there is none."""

    async def find(self, sha256: str) -> Artifact | None:
        """The package with the digest."""

    async def digests(self) -> set[str]:
        """The digests of all packages."""

    async def packages_of(self, package_name: str) -> list[Artifact]:
        """All packages of an app, newest version first."""

    async def page(self, package_name: str, after: PageKey | None, size: int) -> list[Artifact]:
        """Packages in the order of their keys; of one app, or of all when `package_name` is empty."""

    async def app_store_link(self, package_name: str) -> str | None:
        """The App Store link of an app."""

    async def set_app_store_link(self, package_name: str, url: str) -> None:
        """Sets the App Store link of an app; an empty one removes it."""
