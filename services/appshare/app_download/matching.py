"""Which build of an app fits a device: the rules of fit, asked of the catalogue."""

from collections.abc import Collection

from appshare.app_download.decision_store import DecisionStore
from appshare.app_download.fitting.device_fit import choose
from appshare.app_download.fitting.rulings import rulings
from appshare.app_download.model import AppStoreLink, DeviceProfile, Fit, NoFit, NoFitKind, NoFitReason, Platform
from appshare.app_download.package import Package
from appshare.app_download.signer_pin import SignerPin
from appshare.app_download.store import CatalogueStore
from appshare.app_download.upstreams.search import UpstreamSearch


class Matching:
    """Answers what fits a device.

    Args:
        elsewhere: asked where the catalogue has nothing that fits.
    """

    def __init__(self, store: CatalogueStore, decisions: DecisionStore, elsewhere: UpstreamSearch) -> None:
        self._store = store
        self._decisions = decisions
        self._elsewhere = elsewhere

    async def match(
        self,
        package_name: str,
        profile: DeviceProfile,
        modules: Collection[str] = (),
        installed_signer: str | None = None,
    ) -> Fit | NoFit | AppStoreLink:
        """Which build of an app fits a device.

        Args:
            package_name: The app.
            profile: The device.
            modules: Of a split set, those to install besides the ones that come by themselves.
            installed_signer: SHA-256 of the certificate of the app that is to be replaced, so that only its signer or a
                successor will do; None: there is none.

        Raises:
            InvalidProfile: the profile holds a value that no device can have.
        """
        profile.validate()
        packages = await self._store.packages_of(package_name)
        if profile.platform is Platform.IOS:
            link = await self._store.app_store_link(package_name)
            return AppStoreLink(link) if link else _not_for_ios(packages)
        decided = await self._decisions.decisions_of(package_name)
        pin = decided.pin
        if installed_signer is not None:
            packages = [package for package in packages if pin is None or pin.accepts(package.manifest)]
            pin = SignerPin(installed_signer)
        answer = choose(
            profile,
            [package.build for package in packages],
            pin,
            modules,
            rulings(profile, packages, decided.rows, decided.lowest_version),
        )
        if isinstance(answer, Fit) or installed_signer is not None:
            return answer
        return await self._elsewhere.fit(package_name, profile, packages, decided) or answer


def _not_for_ios(packages: list[Package]) -> NoFit:
    if packages:
        reason = NoFitReason(NoFitKind.PLATFORM, "made for Android; no App Store link is known", ("ios",), ("android",))
    else:
        reason = NoFitReason(NoFitKind.NOT_IN_CATALOGUE, "no App Store link of this app is known")
    return NoFit((reason,))
