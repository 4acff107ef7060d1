"""Whether the apps that a device has can be replaced by newer versions: the rules of fit, and Android's of updates."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from appshare.app_download.matching import Matching
from appshare.app_download.model import DeviceProfile, Fit


@dataclass(frozen=True, slots=True)
class InstalledApp:
    """An app as a device has it.

    Attributes:
        signer_sha256: of the signer's certificate, of several as in `PackageManifest`; empty: not known.
    """

    package_name: str
    version_code: int
    signer_sha256: str


class UpdateState(StrEnum):
    """Whether there is something to do about an installed app."""

    NONE = "NONE"
    AVAILABLE = "AVAILABLE"
    OTHER_SIGNER = "OTHER_SIGNER"
    """There is a newer version, which Android does not install over the app."""


@dataclass(frozen=True, slots=True)
class Update:
    """What there is to do about an installed app; of a newer version what it is."""

    package_name: str
    state: UpdateState
    version_code: int = 0
    version_name: str = ""
    signer_sha256: str = ""


class Updates:
    """Looks for newer versions of what devices have."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching

    async def check(self, installed: Sequence[InstalledApp], profile: DeviceProfile) -> list[Update]:
        """What there is to do about each app, in their order.

        Raises:
            InvalidProfile: the profile holds a value that no device can have.
        """
        profile.validate()
        return [await self._check(app, profile) for app in installed]

    async def _check(self, app: InstalledApp, profile: DeviceProfile) -> Update:
        """The newest version of the app's own signer goes before a newer one of another's."""
        newer = await self._newer(app, profile, app.signer_sha256 or None)
        if newer:
            return _update(app, UpdateState.AVAILABLE, newer)
        others = await self._newer(app, profile, None) if app.signer_sha256 else None
        if others:
            return _update(app, UpdateState.OTHER_SIGNER, others)
        return Update(app.package_name, UpdateState.NONE)

    async def _newer(self, app: InstalledApp, profile: DeviceProfile, signer: str | None) -> Fit | None:
        answer = await self._matching.match(app.package_name, profile, installed_signer=signer)
        return answer if isinstance(answer, Fit) and answer.version_code > app.version_code else None


def _update(app: InstalledApp, state: UpdateState, newer: Fit) -> Update:
    signer = newer.artifacts[0].manifest.signer_sha256
    return Update(app.package_name, state, newer.version_code, newer.version_name, signer)
