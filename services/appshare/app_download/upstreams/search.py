"""What upstreams have for a device: their builds go through the rules of fit like the catalogue's own."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from appshare.app_download.app_decisions import AppDecisions
from appshare.app_download.fitting.device_fit import choose
from appshare.app_download.fitting.rulings import rulings
from appshare.app_download.model import Artifact, DeviceProfile, Fit, NoFit
from appshare.app_download.package import Package
from appshare.app_download.signer_pin import SignerPin
from appshare.app_download.upstreams.model import Offer
from appshare.app_download.upstreams.store import UpstreamStore


class UpstreamSearch:
    """Looks for apps in the upstreams.

    Args:
        size_limit: bytes that a package may have; larger ones are passed over.
    """

    def __init__(self, store: UpstreamStore, *, size_limit: int) -> None:
        self._store = store
        self._size_limit = size_limit

    async def fit(
        self, package_name: str, profile: DeviceProfile, present: Sequence[Package], decided: AppDecisions
    ) -> Fit | NoFit | None:
        """What of an app the upstreams have for a device.

        The first upstream with something that fits has the say: none behind it can slip in a build of its own. The
        signer is the one that the app is pinned to, else the one that the repository prefers. What the operator has
        decided holds for the builds of upstreams as well.

        Args:
            present: the app's packages in the catalogue, newest first.
            decided: about the app.

        Returns:
            None: no upstream has the app. A NoFit is about the catalogue's and the upstreams' builds together.
        """
        offered: list[Package] = []
        for name, preferred_signer, builds in _by_upstream(await self._store.offers(package_name)):
            small = [
                Package(package_id=build.sha256, build=build) for build in builds if build.size <= self._size_limit
            ]
            fit = _choose(profile, small, decided, decided.pin or preferred_signer or None)
            if isinstance(fit, Fit):
                return replace(fit, upstream=name, why=(*fit.why, f"from the upstream {name}"))
            offered += small
        if not offered:
            return None
        answer = _choose(profile, [*present, *offered], decided, decided.pin)
        return answer if isinstance(answer, NoFit) else None


def _package(build: Artifact) -> Package:
    return Package(package_id=build.sha256, build=build)


def _choose(
    profile: DeviceProfile, packages: Sequence[Package], decided: AppDecisions, signer: SignerPin | str | None
) -> Fit | NoFit:
    ruled = rulings(profile, packages, decided.rows, decided.lowest_version)
    return choose(profile, [package.build for package in packages], signer, rulings=ruled)


def _by_upstream(offers: Sequence[tuple[Offer, str]]) -> Iterator[tuple[str, str, list[Artifact]]]:
    """Name, preferred signer and builds of each upstream."""
    builds: dict[tuple[str, str], list[Artifact]] = {}
    for offer, preferred_signer in offers:
        builds.setdefault((offer.source.name, preferred_signer), []).append(offer.artifact)
    for (name, preferred_signer), artifacts in builds.items():
        yield name, preferred_signer, artifacts
