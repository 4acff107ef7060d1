"""Apps by name: which there are, which version of one fits a device, and what the public indices say of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from appshare.app_download.matching import Matching
from appshare.app_download.model import AppStoreLink, DeviceProfile, Fit, NoFit
from appshare.app_download.upstreams.model import FoundApp, FoundName
from appshare.app_download.upstreams.store import UpstreamStore


class Availability(StrEnum):
    """Whether a device can have an app."""

    FITS = "FITS"
    APP_STORE = "APP_STORE"
    NO_FIT = "NO_FIT"


@dataclass(frozen=True, slots=True)
class Offered:
    """What a device can have of an app.

    Attributes:
        version_name: of the newest version that fits; empty where none does.
        upstream: where that comes from; empty: the catalogue.
    """

    availability: Availability
    version_name: str = ""
    version_code: int = 0
    upstream: str = ""


class AppSearch:
    """Searches by name.

    What is found is for those who may know of it: the names in the catalogue tell what others have asked for. What
    `listed` tells, the repositories publish.
    """

    def __init__(self, store: UpstreamStore, matching: Matching) -> None:
        self._store = store
        self._matching = matching

    async def names(self, words: Sequence[str], after: str, limit: int) -> tuple[list[FoundName], bool]:
        """Apps whose names hold all of the words (in one case), by package name from behind one; True: more follow."""
        found = await self._store.names(words, after, limit + 1)
        return found[:limit], len(found) > limit

    async def offered(self, package_names: Sequence[str], profile: DeviceProfile) -> list[Offered]:
        """What a device can have of each app, in their order.

        Raises:
            InvalidProfile: the profile holds a value that no device can have.
        """
        return [_offered(await self._matching.match(name, profile)) for name in package_names]

    async def listed(self, package_names: Collection[str]) -> dict[str, FoundApp]:
        """What the first upstream that has an app lists as its newest version, by package name; nothing of others."""
        return await self._store.listed(package_names)


def _offered(answer: Fit | NoFit | AppStoreLink) -> Offered:
    match answer:
        case Fit():
            return Offered(Availability.FITS, answer.version_name, answer.version_code, answer.upstream)
        case AppStoreLink():
            return Offered(Availability.APP_STORE)
        case NoFit():
            return Offered(Availability.NO_FIT)
