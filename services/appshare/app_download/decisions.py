"""What the operator decides about which packages of an app are good: who may sign them, and from which version on."""

from collections.abc import Sequence
from dataclasses import replace

from appshare import errors
from appshare.app_download.catalogue import Catalogue
from appshare.app_download.decision_store import DecisionStore
from appshare.app_download.package import Package
from appshare.app_download.signer_pin import SignerPin


class Decisions:
    """Signer pins and lowest versions of all apps."""

    def __init__(self, store: DecisionStore, catalogue: Catalogue) -> None:
        self._store = store
        self._catalogue = catalogue

    async def pins(self, package_name: str, after: str, size: int) -> list[tuple[str, SignerPin]]:
        """Pins with their apps, by name, behind a name; of one app, or of all when `package_name` is empty."""
        return await self._store.pins(package_name, after, size)

    async def pin(self, package_name: str, signer_sha256: str) -> tuple[SignerPin, int]:
        """Pins an app to a signer; returns the pin, and how many packages in the catalogue it does not accept.

        Args:
            package_name: the app; no package of it has to be there.
            signer_sha256: as `PackageManifest.signer_sha256`, and then without former certificates. Empty: the signer
                that is pinned already, or that of the newest package, with those that it had before.

        Raises:
            errors.NotFoundError: SIGNER_NOT_PINNED, when no signer is given and none is known.
        """
        async with self._catalogue.changing():
            packages = await self._catalogue.packages_of(package_name)
            pin = SignerPin(signer_sha256) if signer_sha256 else await self._known(package_name, packages)
            pin = replace(pin, by_operator=True)
            await self._store.set_pin(package_name, pin)
        return pin, sum(not pin.accepts(package.manifest) for package in packages)

    async def unpin(self, package_name: str) -> None:
        """Forgets the pin of an app: the next package that is added pins its signer.

        Raises:
            errors.NotFoundError: SIGNER_NOT_PINNED.
        """
        async with self._catalogue.changing():
            if not await self._store.set_pin(package_name, None):
                raise _not_pinned("the app is not pinned to a signer")

    async def floors(self, package_name: str, after: str, size: int) -> list[tuple[str, int]]:
        """Lowest versions with their apps, as `pins`."""
        return await self._store.floors(package_name, after, size)

    async def set_floor(self, package_name: str, version_code: int) -> int:
        """Sets the lowest version of an app, 0 for none; returns how many packages in the catalogue are below it."""
        async with self._catalogue.changing():
            await self._store.set_floor(package_name, version_code)
            packages = await self._catalogue.packages_of(package_name)
        return sum(package.manifest.version_code < version_code for package in packages)

    async def _known(self, package_name: str, packages: Sequence[Package]) -> SignerPin:
        decided = await self._store.decisions_of(package_name)
        if decided.pin:
            return decided.pin
        if packages:
            return SignerPin.at_first_sight(packages[0].manifest)
        raise _not_pinned("no signer of this app is known; give the SHA-256 of its certificate")


def _not_pinned(message: str) -> errors.NotFoundError:
    return errors.NotFoundError(errors.Reason.SIGNER_NOT_PINNED, message)
