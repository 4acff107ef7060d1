"""Between whole APKs of one version: the device's ABI order decides, then its density, then the size."""

from collections.abc import Iterator, Sequence
from itertools import chain

from appshare.app_download.fitting import density
from appshare.app_download.model import Artifact, DeviceProfile, PackageManifest


def best(profile: DeviceProfile, fitting: Sequence[Artifact]) -> Artifact:
    """The best ABI, then the best density, then the smallest file, then the lowest digest."""
    lowest = min(_abi_rank(profile, artifact.manifest) for artifact in fitting)
    preferred = [artifact for artifact in fitting if _abi_rank(profile, artifact.manifest) == lowest]
    offered = set(chain.from_iterable(_made_for(artifact.manifest) for artifact in preferred))
    if offered:
        nearest = density.best(_dpi(profile), offered)
        preferred = [artifact for artifact in preferred if nearest in _made_for(artifact.manifest)]
    return min(preferred, key=lambda artifact: (artifact.size, artifact.sha256))


def explain(profile: DeviceProfile, chosen: PackageManifest) -> Iterator[str]:
    """Why an APK was chosen: one sentence per dimension of which the profile says something."""
    if profile.supported_abis:
        yield _abi_explained(profile, chosen)
    made_for = _made_for(chosen)
    if profile.screen_density is not None and made_for:
        yield f"density {profile.screen_density} -> {density.name(density.best(_dpi(profile), made_for))}"


def _abi_rank(profile: DeviceProfile, manifest: PackageManifest) -> int:
    """The place of the package's best ABI in the device's order; without native code it comes last."""
    ranks = (rank for rank, abi in enumerate(profile.supported_abis) if abi in manifest.abis)
    return next(ranks, len(profile.supported_abis))


def _abi_explained(profile: DeviceProfile, chosen: PackageManifest) -> str:
    """`ABI arm64-v8a first of 2`: its place in the device's order."""
    if not chosen.abis:
        return "no native code, any ABI"
    rank = _abi_rank(profile, chosen)
    place = "first" if rank == 0 else f"number {rank + 1}"
    return f"ABI {profile.supported_abis[rank]} {place} of {len(profile.supported_abis)}"


def _made_for(manifest: PackageManifest) -> set[int]:
    """The densities of its compatible screens, else those of its resources.

    ANY and NONE are left out: most packages hold some vectors, which says nothing of their other pictures.
    """
    if manifest.compatible_screens:
        return {screen.density for screen in manifest.compatible_screens}
    return set(manifest.densities) - {density.ANY, density.NONE}


def _dpi(profile: DeviceProfile) -> int:
    return profile.screen_density or density.DEFAULT
