"""What AppDownload needs of a store; every implementation passes the same contract tests."""

from collections.abc import Collection
from typing import Protocol

from appshare.app_download.package import Package, PageKey
from appshare.app_download.signer_pin import SignerPin


class CatalogueStore(Protocol):
    """The packages that there are, and the App Store links.

    Every method raises `errors.UnavailableError` (STORAGE_UNAVAILABLE) when the storage cannot be used, and then has
    changed nothing. What a method has changed is durable when it returns.
    """

    async def add(self, package: Package, pin: SignerPin | None = None, *, fetched_at: float | None = None) -> None:
        """Stores a package, and with it the pin of its app if one is given; a package that is there stays as it is.

        Args:
            fetched_at: when it came from an upstream, in seconds since the epoch; None: an operator has added it.
        """

    async def remove(self, package_id: str) -> set[str] | None:
        """Removes a package; the digests of its files that no other package has. None when there is no such package."""

    async def is_fetched(self, package_id: str) -> bool:
        """Whether a package came from an upstream and no operator has added it since."""

    async def claim(self, package_id: str) -> None:
        """Keeps that an operator has added a package, wherever it came from before."""

    async def find(self, package_id: str) -> Package | None:
        """The package with the id."""

    async def referenced(self, digests: Collection[str]) -> set[str]:
        """Of the digests those of files that some package has."""

    async def digests(self) -> set[str]:
        """The digests of the files of all packages."""

    async def packages_of(self, package_name: str) -> list[Package]:
        """All packages of an app, newest version first."""

    async def page(self, package_name: str, after: PageKey | None, size: int) -> list[Package]:
        """Packages in the order of their keys; of one app, or of all when `package_name` is empty."""

    async def app_store_link(self, package_name: str) -> str | None:
        """The App Store link of an app."""

    async def set_app_store_link(self, package_name: str, url: str) -> None:
        """Sets the App Store link of an app; an empty one removes it."""
