"""The rules that keep one whole APK from one device; each gives None where the package may be installed."""

from collections.abc import Callable, Set
from dataclasses import dataclass

from appshare.app_download.fitting import density
from appshare.app_download.model import DeviceProfile, NoFitKind, PackageManifest, Platform, Screen, ScreenSize
from appshare.app_download.signer_pin import SignerPin

# (from this SDK on, a device refuses packages that target less): PackageManager's lowest installable target SDK.
_TARGET_SDK_FLOORS = ((35, 24), (34, 23))

# (smallest width in dp, size class from there on): a fair approximation of Android's buckets.
_SIZE_CLASSES = ((720, ScreenSize.XLARGE), (480, ScreenSize.LARGE), (320, ScreenSize.NORMAL), (0, ScreenSize.SMALL))


@dataclass(frozen=True, slots=True)
class Miss:
    """One rule that a package breaks on a device.

    Attributes:
        device_has: depends on the device alone.
        package_wants: never empty.
    """

    kind: NoFitKind
    device_has: tuple[str, ...]
    package_wants: tuple[str, ...]


def misses(
    profile: DeviceProfile,
    manifest: PackageManifest,
    pinned_signer: SignerPin | None,
    lifted: Set[NoFitKind] = frozenset(),
) -> tuple[Miss, ...]:
    """Every rule that the package breaks on the device; none: it fits.

    What the profile leaves out is not asked, nor are the rules that are lifted.
    """
    if profile.platform is not Platform.ANDROID:
        return (Miss(NoFitKind.PLATFORM, (profile.platform,), (Platform.ANDROID,)),)
    broken = [_signer(manifest, pinned_signer), *(rule(profile, manifest) for rule in _RULES)]
    return tuple(miss for miss in broken if miss and miss.kind not in lifted)


def target_sdk_floor(profile: DeviceProfile) -> int:
    """The lowest targetSdk that the device installs."""
    sdk = profile.sdk_version or 0
    return next((floor for since, floor in _TARGET_SDK_FLOORS if sdk >= since), 0)


def _signer(manifest: PackageManifest, pinned: SignerPin | None) -> Miss | None:
    """A signer who has proved to be the successor of the pinned one does as well."""
    if pinned is None or pinned.accepts(manifest) or pinned.signer_sha256 in manifest.signer_lineage:
        return None
    return Miss(NoFitKind.SIGNER_CHANGED, (pinned.signer_sha256,), (manifest.signer_sha256 or "unverified",))


def _min_sdk(profile: DeviceProfile, manifest: PackageManifest) -> Miss | None:
    """The manifest and the signature each ask for an SDK; who asks for a codename runs on that Android only."""
    sdk, codename = profile.sdk_version, profile.codename
    lowest = manifest.install_min_sdk
    wants = manifest.min_sdk_codename or str(lowest)
    fits = codename == wants if manifest.min_sdk_codename else sdk is None or lowest <= sdk
    if fits:
        return None
    has = (str(sdk), codename) if codename else (str(sdk),)
    return Miss(NoFitKind.MIN_SDK, has, (wants,))


def _max_sdk(profile: DeviceProfile, manifest: PackageManifest) -> Miss | None:
    sdk, highest = profile.sdk_version, manifest.max_sdk
    if sdk is None or highest is None or sdk <= highest:
        return None
    return Miss(NoFitKind.MAX_SDK, (str(sdk),), (str(highest),))


def _target_sdk(profile: DeviceProfile, manifest: PackageManifest) -> Miss | None:
    if manifest.target_sdk >= target_sdk_floor(profile):
        return None
    return Miss(NoFitKind.TARGET_SDK, (str(profile.sdk_version),), (str(manifest.target_sdk),))


def _abi(profile: DeviceProfile, manifest: PackageManifest) -> Miss | None:
    has, wants = profile.supported_abis, manifest.abis
    if not has or not wants or set(has) & set(wants):
        return None
    return Miss(NoFitKind.ABI, has, wants)


def _features(profile: DeviceProfile, manifest: PackageManifest) -> Miss | None:
    """What the package wants is given without the features that the device has."""
    if not manifest.required_features or not profile.device_features:
        return None
    present = profile.features
    lacking = tuple(feature for feature in manifest.required_features if feature not in present)
    return Miss(NoFitKind.FEATURE, (), lacking) if lacking else None


def _gl_es_version(profile: DeviceProfile, manifest: PackageManifest) -> Miss | None:
    wants = manifest.gl_es_version
    if wants is None:
        return None
    has = profile.gl_es_version
    if has is None or wants <= has:
        return None
    return Miss(NoFitKind.GL_ES, (_gl_es_name(has),), (_gl_es_name(wants),))


def _supports_screens(profile: DeviceProfile, manifest: PackageManifest) -> Miss | None:
    """A layout adapts to a larger screen than it was made for, never to a smaller one (Google Play's filter)."""
    screen = _screen(profile)
    if screen is None or any(size <= screen.size for size in manifest.supports_screens):
        return None
    wants = tuple(size.name.lower() for size in manifest.supports_screens) or ("none",)
    return Miss(NoFitKind.SCREEN, (str(screen),), wants)


def _compatible_screens(profile: DeviceProfile, manifest: PackageManifest) -> Miss | None:
    """The list must hold the device's size class with its very density, or with the bucket of that density."""
    screen, compatible = _screen(profile), manifest.compatible_screens
    if screen is None or not compatible:
        return None
    if screen in compatible or Screen(screen.size, density.bucket(screen.density)) in compatible:
        return None
    return Miss(NoFitKind.SCREEN, (str(screen),), tuple(map(str, compatible)))


_RULES: tuple[Callable[[DeviceProfile, PackageManifest], Miss | None], ...] = (
    _min_sdk,
    _max_sdk,
    _target_sdk,
    _abi,
    _features,
    _gl_es_version,
    _supports_screens,
    _compatible_screens,
)


def _screen(profile: DeviceProfile) -> Screen | None:
    """The device's screen; None if the profile leaves out a side or the density."""
    width, height, dpi = profile.screen_width_px, profile.screen_height_px, profile.screen_density
    if width is None or height is None or dpi is None:
        return None
    dpi = dpi or density.DEFAULT
    smallest_width = min(width, height) * density.DEFAULT / dpi
    size = next(size for least, size in _SIZE_CLASSES if smallest_width >= least)
    return Screen(size, dpi)


def _gl_es_name(version: int) -> str:
    """`3.2` for 0x30002."""
    return f"{version >> 16}.{version & 0xFFFF}"
