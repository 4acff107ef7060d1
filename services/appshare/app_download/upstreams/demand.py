"""Apps that are asked for often are kept up to date: what an upstream has newer is fetched before anybody asks."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

from appshare import errors
from appshare.app_download.package import Package
from appshare.app_download.store import CatalogueStore
from appshare.app_download.upstreams.fetches import Fetches
from appshare.app_download.upstreams.kept import KeptPackages
from appshare.app_download.upstreams.model import Offer
from appshare.app_download.upstreams.store import UpstreamStore
from appshare.process.clock import Clock

OFTEN = 3.0
"""Requests, of which each loses half of its weight in HALF_LIFE, from which on an app is kept up to date."""
HALF_LIFE = 14 * 86400.0
"""Seconds."""
MOST_APPS = 50
"""That are kept up to date: those asked for most."""
MOST_BUILDS = 4
"""Of an app that are fetched in one round."""

_WRITE_INTERVAL = 60.0
"""Seconds after which what was counted goes into the store."""
_MOST_COUNTED = 10_000
"""Apps that are counted between two writes."""


class Demand:
    """Counts what is asked for, never by whom."""

    def __init__(
        self, store: UpstreamStore, catalogue: CatalogueStore, fetches: Fetches, kept: KeptPackages, clock: Clock
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._fetches = fetches
        self._kept = kept
        self._clock = clock
        self._counted: Counter[str] = Counter()

    def asked_for(self, package_name: str, digests: Iterable[str] = ()) -> None:
        """Counts a download of an app.

        Args:
            digests: of its files.
        """
        self._kept.asked_for(digests)
        if len(self._counted) < _MOST_COUNTED or package_name in self._counted:
            self._counted[package_name] += 1

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Writes what is counted while the context is open, and once more in the end."""
        task = asyncio.create_task(self._keep_writing())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            with suppress(errors.UnavailableError):  # a few counts are lost
                await self.write()

    async def write(self) -> None:
        """Puts what was counted into the store."""
        if not self._counted:
            return
        counted, self._counted = dict(self._counted), Counter()
        await self._store.count_requests({name: float(n) for name, n in counted.items()}, self._clock(), HALF_LIFE)

    async def update(self) -> None:
        """Fetches what upstreams have newer of the apps that are asked for often.

        Of each app one build for every set of processors that the catalogue serves, by the signer that it has pinned.
        """
        await self.write()
        for package_name in await self._store.most_asked(OFTEN, self._clock(), HALF_LIFE, MOST_APPS):
            present = await self._catalogue.packages_of(package_name)
            offers = [offer for offer, _ in await self._store.offers(package_name)] if present else []
            for offer in newer(present, offers):
                with suppress(errors.AppShareError):  # it is logged and counted; the old build goes on to serve
                    await self._fetches.fetch(offer)

    async def _keep_writing(self) -> None:
        while True:
            await asyncio.sleep(_WRITE_INTERVAL)
            with suppress(errors.UnavailableError):  # a few counts are lost
                await self.write()


def newer(present: list[Package], offers: list[Offer]) -> list[Offer]:
    """The builds to fetch: the newest ones that are newer than what the catalogue has for the same processors.

    Of other signers than the present packages have, or had, none is fetched: the catalogue would refuse most of them.
    """
    served: dict[frozenset[str], int] = {}
    for package in present:
        abis = frozenset(package.manifest.abis)
        served[abis] = max(served.get(abis, -1), package.manifest.version_code)
    signers = {
        signer for package in present for signer in (package.manifest.signer_sha256, *package.manifest.signer_lineage)
    }
    found: dict[frozenset[str], Offer] = {}
    for offer in offers:
        manifest = offer.artifact.manifest
        abis = frozenset(manifest.abis)
        best = found[abis].artifact.manifest.version_code if abis in found else served.get(abis)
        if best is not None and manifest.version_code > best and manifest.signer_sha256 in signers:
            found[abis] = offer
    return list(found.values())[:MOST_BUILDS]
