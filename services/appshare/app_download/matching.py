"""Which build of an app fits a device: the rules of fit, asked of the catalogue."""

from appshare.app_download.fitting.device_fit import choose
from appshare.app_download.model import AppStoreLink, DeviceProfile, Fit, NoFit, NoFitKind, NoFitReason, Platform
from appshare.app_download.package import Package
from appshare.app_download.store import CatalogueStore
from appshare.app_download.upstreams.search import UpstreamSearch


class Matching:
    """Answers what fits a device.

    Args:
        elsewhere: asked where the catalogue has nothing that fits.
    """

    def __init__(self, store: CatalogueStore, elsewhere: UpstreamSearch) -> None:
        self._store = store
        self._elsewhere = elsewhere

    async def match(self, package_name: str, profile: DeviceProfile) -> Fit | NoFit | AppStoreLink:
        """Which build of an app fits a device.

        Raises:
            InvalidProfile: the profile holds a value that no device can have.
        """
        profile.validate()
        packages = await self._store.packages_of(package_name)
        if profile.platform is Platform.IOS:
            link = await self._store.app_store_link(package_name)
            return AppStoreLink(link) if link else _not_for_ios(packages)
        answer = choose(profile, [package.build for package in packages])
        if isinstance(answer, Fit):
            return answer
        return await self._elsewhere.fit(package_name, profile, packages) or answer


def _not_for_ios(packages: list[Package]) -> NoFit:
    if packages:
        reason = NoFitReason(NoFitKind.PLATFORM, "made for Android; no App Store link is known", ("ios",), ("android",))
    else:
        reason = NoFitReason(NoFitKind.NOT_IN_CATALOGUE, "no App Store link of this app is known")
    return NoFit((reason,))
