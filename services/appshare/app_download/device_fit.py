"""Which package fits a device: whole APKs, one file per variant.

The order of the decision: keep what fits the device and the pinned signer, take the highest version code, then follow
the device's ABI order, then its density. (Newest first and tested afterwards would leave a device with nothing
although an older version fits.)
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from appshare.app_download import density
from appshare.app_download.fit_rules import misses
from appshare.app_download.model import Artifact, DeviceProfile, Fit, NoFit, PackageManifest
from appshare.app_download.no_fit import NOT_IN_CATALOGUE, reasons


def choose(profile: DeviceProfile, artifacts: Sequence[Artifact], pinned_signer: str | None = None) -> Fit | NoFit:
    """The artifact to install on a device, or every rule that keeps the artifacts from it.

    Args:
        profile: The device.
        artifacts: Whole APKs of one package; their order does not matter.
        pinned_signer: SHA-256 of the only signing certificate to accept; None accepts any.

    Raises:
        InvalidProfile: The profile holds a value that no device can have.
    """
    profile.validate()
    if not artifacts:
        return NoFit((NOT_IN_CATALOGUE,))
    missed = [misses(profile, artifact.manifest, pinned_signer) for artifact in artifacts]
    fitting = [artifact for artifact, broken in zip(artifacts, missed, strict=True) if not broken]
    if not fitting:
        return NoFit(reasons(profile, missed))
    best = _best(profile, fitting)
    return Fit(
        artifacts=(best,),
        package_name=best.manifest.package_name,
        version_code=best.manifest.version_code,
        version_name=best.manifest.version_name,
        why=tuple(_why(profile, best.manifest, fitting, pinned_signer)),
    )


def _best(profile: DeviceProfile, fitting: Sequence[Artifact]) -> Artifact:
    """The newest; of these the best ABI, then the best density, then the smallest file, then the lowest digest."""
    newest = _lowest(fitting, lambda manifest: -manifest.version_code)
    preferred = _lowest(newest, lambda manifest: _abi_rank(profile, manifest))
    offered = set(chain.from_iterable(_made_for(artifact.manifest) for artifact in preferred))
    if offered:
        nearest = density.best(_dpi(profile), offered)
        preferred = [artifact for artifact in preferred if nearest in _made_for(artifact.manifest)]
    return min(preferred, key=lambda artifact: (artifact.size, artifact.sha256))


def _lowest(artifacts: Sequence[Artifact], rank: Callable[[PackageManifest], int]) -> list[Artifact]:
    lowest = min(rank(artifact.manifest) for artifact in artifacts)
    return [artifact for artifact in artifacts if rank(artifact.manifest) == lowest]


def _abi_rank(profile: DeviceProfile, manifest: PackageManifest) -> int:
    """The place of the package's best ABI in the device's order; without native code it comes last."""
    ranks = (rank for rank, abi in enumerate(profile.supported_abis) if abi in manifest.abis)
    return next(ranks, len(profile.supported_abis))


def _made_for(manifest: PackageManifest) -> set[int]:
    """The densities of its compatible screens, else those of its resources.

    ANY and NONE are left out: most packages hold some vectors, which says nothing of their other pictures.
    """
    if manifest.compatible_screens:
        return {screen.density for screen in manifest.compatible_screens}
    return set(manifest.densities) - {density.ANY, density.NONE}


def _dpi(profile: DeviceProfile) -> int:
    return profile.screen_density or density.DEFAULT


def _why(
    profile: DeviceProfile, chosen: PackageManifest, fitting: Sequence[Artifact], pinned_signer: str | None
) -> Iterator[str]:
    versions = {artifact.manifest.version_code for artifact in fitting}
    yield f"version {chosen.version_code} highest of {len(versions)} that fit"
    lowest = chosen.min_sdk_codename or chosen.install_min_sdk
    limits = f"at least {lowest}" if chosen.max_sdk is None else f"within {lowest} to {chosen.max_sdk}"
    yield f"SDK {profile.sdk_version} {limits}"
    if profile.supported_abis:
        yield _abi_explained(profile, chosen)
    made_for = _made_for(chosen)
    if profile.screen_density is not None and made_for:
        yield f"density {profile.screen_density} -> {density.name(density.best(_dpi(profile), made_for))}"
    if pinned_signer is not None:
        yield "signer as pinned"


def _abi_explained(profile: DeviceProfile, chosen: PackageManifest) -> str:
    """`ABI arm64-v8a first of 2`: its place in the device's order."""
    if not chosen.abis:
        return "no native code, any ABI"
    rank = _abi_rank(profile, chosen)
    place = "first" if rank == 0 else f"number {rank + 1}"
    return f"ABI {profile.supported_abis[rank]} {place} of {len(profile.supported_abis)}"
