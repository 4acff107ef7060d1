"""Which build of an app fits a device: the rules of fit, asked of the catalogue."""

from appshare.app_download.fitting.device_fit import choose
from appshare.app_download.model import AppStoreLink, DeviceProfile, Fit, NoFit, NoFitKind, NoFitReason, Platform
from appshare.app_download.package import Package
from appshare.app_download.store import CatalogueStore


class Matching:
    """Answers what fits a device."""

    def __init__(self, store: CatalogueStore) -> None:
        self._store = store

    async def match(
        self, package_name: str, profile: DeviceProfile, pinned_signer: str | None = None
    ) -> Fit | NoFit | AppStoreLink:
        """Which build of an app fits a device.

        Args:
            pinned_signer: SHA-256 of the certificate of the only signer to accept, or the predecessor; None: any.

        Raises:
            InvalidProfile: the profile holds a value that no device can have.
        """
        profile.validate()
        packages = await self._store.packages_of(package_name)
        if profile.platform is Platform.IOS:
            link = await self._store.app_store_link(package_name)
            return AppStoreLink(link) if link else _not_for_ios(packages)
        return choose(profile, [package.build for package in packages], pinned_signer)


def _not_for_ios(packages: list[Package]) -> NoFit:
    if packages:
        reason = NoFitReason(NoFitKind.PLATFORM, "made for Android; no App Store link is known", ("ios",), ("android",))
    else:
        reason = NoFitReason(NoFitKind.NOT_IN_CATALOGUE, "no App Store link of this app is known")
    return NoFit((reason,))
