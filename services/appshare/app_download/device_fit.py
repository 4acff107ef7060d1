"""Which package fits a device: whole APKs, one file per variant.

The order of the decision: keep what fits the device and the pinned signer, take the highest version code, then follow
the device's ABI order, then its density. (Newest first and tested afterwards would leave a device with nothing
although an older version fits.)
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from appshare.app_download import android_versions, density
from appshare.app_download.fit_rules import Miss, misses, target_sdk_floor
from appshare.app_download.model import (
    Artifact,
    DeviceProfile,
    Fit,
    NoFit,
    NoFitKind,
    NoFitReason,
    PackageManifest,
)


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
        message = f"{NoFitKind.NOT_IN_CATALOGUE} no package of this name"
        return NoFit((NoFitReason(NoFitKind.NOT_IN_CATALOGUE, message),))
    missed = [misses(profile, artifact.manifest, pinned_signer) for artifact in artifacts]
    fitting = [artifact for artifact, broken in zip(artifacts, missed, strict=True) if not broken]
    if not fitting:
        return NoFit(_reasons(profile, missed))
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
    offered = set(chain.from_iterable(_scaled_densities(artifact.manifest) for artifact in preferred))
    if offered:
        nearest = density.best(_dpi(profile), offered)
        preferred = [artifact for artifact in preferred if nearest in artifact.manifest.densities]
    return min(preferred, key=lambda artifact: (artifact.size, artifact.sha256))


def _lowest(artifacts: Sequence[Artifact], rank: Callable[[PackageManifest], int]) -> list[Artifact]:
    lowest = min(rank(artifact.manifest) for artifact in artifacts)
    return [artifact for artifact in artifacts if rank(artifact.manifest) == lowest]


def _abi_rank(profile: DeviceProfile, manifest: PackageManifest) -> int:
    """The place of the package's best ABI in the device's order; without native code it comes last."""
    ranks = (rank for rank, abi in enumerate(profile.supported_abis) if abi in manifest.abis)
    return next(ranks, len(profile.supported_abis))


def _scaled_densities(manifest: PackageManifest) -> list[int]:
    """Without ANY and NONE: most packages hold some vectors, which says nothing of their other pictures."""
    return [dpi for dpi in manifest.densities if dpi not in (density.ANY, density.NONE)]


def _dpi(profile: DeviceProfile) -> int:
    return profile.screen_density or density.DEFAULT


def _why(
    profile: DeviceProfile, chosen: PackageManifest, fitting: Sequence[Artifact], pinned_signer: str | None
) -> Iterator[str]:
    versions = {artifact.manifest.version_code for artifact in fitting}
    yield f"version {chosen.version_code} highest of {len(versions)} that fit"
    lowest = chosen.min_sdk_codename or chosen.min_sdk
    limits = f"at least {lowest}" if chosen.max_sdk is None else f"within {lowest} to {chosen.max_sdk}"
    yield f"SDK {profile.sdk_version} {limits}"
    yield _abi_explained(profile, chosen)
    scaled = _scaled_densities(chosen)
    if profile.screen_density is not None and scaled:
        yield f"density {profile.screen_density} -> {density.name(density.best(_dpi(profile), scaled))}"
    if pinned_signer is not None:
        yield "signer as pinned"


def _abi_explained(profile: DeviceProfile, chosen: PackageManifest) -> str:
    """`ABI arm64-v8a first of 2`: its place in the device's order."""
    if not chosen.abis:
        return "no native code, any ABI"
    rank = _abi_rank(profile, chosen)
    place = "first" if rank == 0 else f"number {rank + 1}"
    return f"ABI {profile.supported_abis[rank]} {place} of {len(profile.supported_abis)}"


def _reasons(profile: DeviceProfile, missed: Sequence[tuple[Miss, ...]]) -> tuple[NoFitReason, ...]:
    """One reason per broken rule; the rule that keeps out the most packages comes first."""
    kept_out = Counter(kind for broken in missed for kind in {miss.kind for miss in broken})
    kinds = sorted(NoFitKind, key=lambda kind: -kept_out[kind])
    return tuple(_reason(profile, kind, missed) for kind in kinds if kept_out[kind])


def _reason(profile: DeviceProfile, kind: NoFitKind, missed: Sequence[tuple[Miss, ...]]) -> NoFitReason:
    broken = [miss for miss in chain.from_iterable(missed) if miss.kind is kind]
    has = broken[0].device_has
    wants = tuple(sorted({want for miss in broken for want in miss.package_wants}, key=_numbers_first))
    message = _message(profile, kind, has, wants)
    if kind is NoFitKind.MIN_SDK:
        message += _upgrade_hint(profile, missed)
    return NoFitReason(kind, message, has, wants)


def _message(profile: DeviceProfile, kind: NoFitKind, has: tuple[str, ...], wants: tuple[str, ...]) -> str:
    match kind:
        case NoFitKind.MIN_SDK | NoFitKind.GL_ES_VERSION:
            return f"{kind} device {has[0]} lowest {wants[0]}"
        case NoFitKind.MAX_SDK:
            return f"{kind} device {has[0]} highest {wants[-1]}"
        case NoFitKind.TARGET_SDK_FLOOR:
            return f"{kind} device {has[0]} takes {target_sdk_floor(profile)} and up, highest {wants[-1]}"
        case NoFitKind.FEATURE:
            return f"{kind} device lacks [{', '.join(wants)}]"
        case _:
            return f"{kind} device [{', '.join(has)}] packages [{', '.join(wants)}]"


def _upgrade_hint(profile: DeviceProfile, missed: Sequence[tuple[Miss, ...]]) -> str:
    """Which Android the device needs, if a newer one is all that some package asks for."""
    only_sdk = [
        broken[0].package_wants[0] for broken in missed if {miss.kind for miss in broken} == {NoFitKind.MIN_SDK}
    ]
    if not only_sdk:
        return ""
    return f": needs {_android(min(only_sdk, key=_numbers_first))}; you have {_android(str(profile.sdk_version))}"


def _android(sdk: str) -> str:
    """`Android 12` for SDK 31; `Android UpsideDownCake` for a codename."""
    if not sdk.isdigit():
        return f"Android {sdk}"
    version = android_versions.version_name(int(sdk))
    return f"Android {version}" if version else f"SDK {sdk}"


def _numbers_first(want: str) -> tuple[bool, int, str]:
    return (not want.isdigit(), int(want) if want.isdigit() else 0, want)
