"""The words of AppDownload: a device's profile, what a package says of itself, and the answer to what fits."""

import hashlib
from dataclasses import dataclass
from enum import IntEnum, StrEnum

SDK_IN_DEVELOPMENT = 10_000
"""The SDK of an unreleased Android, known by its codename (Build.VERSION_CODES.CUR_DEVELOPMENT)."""

GL_ES_FEATURE = "reqGlEsVersion"
"""The device feature that carries the OpenGL ES version, as in `reqGlEsVersion=0x30002`."""

# Android keeps density, width and height in 16 bits (ResTable_config); the two highest densities are markers.
PROFILE_RANGES = {
    "sdk_version": (1, SDK_IN_DEVELOPMENT),
    "screen_density": (0, 0xFFFD),
    "screen_width_px": (1, 0xFFFF),
    "screen_height_px": (1, 0xFFFF),
}
"""What the numbers of a profile are from, both ends included."""


class Platform(StrEnum):
    """The operating system of a device."""

    ANDROID = "android"
    IOS = "ios"


class ScreenSize(IntEnum):
    """Android's screen size classes, in order."""

    SMALL = 1
    NORMAL = 2
    LARGE = 3
    XLARGE = 4


class InvalidProfile(ValueError):  # noqa: N818  # says what is the case, as NoFit does
    """A device profile holds a value that no device can have."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceProfile:
    """What decides which package a device can run; None or empty: the device did not say."""

    platform: Platform = Platform.ANDROID
    sdk_version: int | None = None
    codename: str = ""
    """Of an unreleased Android only."""
    supported_abis: tuple[str, ...] = ()
    """In the device's order of preference."""
    screen_density: int | None = None
    """In dpi; 0 counts as 160."""
    screen_width_px: int | None = None
    screen_height_px: int | None = None
    supported_locales: tuple[str, ...] = ()
    """BCP-47 tags."""
    device_features: tuple[str, ...] = ()
    """As `pm list features` prints them: `name` or `name=version`, with or without `feature:` in front."""
    gl_extensions: tuple[str, ...] = ()
    model: str = ""
    manufacturer: str = ""
    device_tier: int | None = None
    """By the ranking of the app's developer."""
    country_set: str = ""
    """The user's, of the sets that the developer made."""
    device_groups: tuple[str, ...] = ()
    """Of those that the developer made."""
    sdk_runtime: bool | None = None
    """Whether the device runs libraries as SDKs of their own."""

    @property
    def features(self) -> dict[str, str]:
        """The device's features by name, each with its version, or an empty string."""
        pairs = (feature.removeprefix("feature:").partition("=") for feature in self.device_features)
        return {name: version for name, _, version in pairs}

    @property
    def gl_es_version(self) -> int | None:
        """Major version in the upper 16 bits, minor in the lower; raises InvalidProfile if it is no number."""
        version = self.features.get(GL_ES_FEATURE)
        if version is None:
            return None
        try:
            return int(version, base=0)
        except ValueError:
            raise InvalidProfile("device_features", f"{GL_ES_FEATURE} is not a number: {version!r}") from None

    def validate(self) -> None:
        """Raise InvalidProfile for the first value that is missing, or that no device can have."""
        if self.platform is Platform.ANDROID and self.sdk_version is None:
            raise InvalidProfile("sdk_version", "an Android device names its SDK or its Android version")
        for field, (lowest, highest) in PROFILE_RANGES.items():
            value = getattr(self, field)
            if value is not None and not lowest <= value <= highest:
                raise InvalidProfile(field, f"{value} is not between {lowest} and {highest}")
        _ = self.gl_es_version


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen as `compatible-screens` lists it, and as a device has it."""

    size: ScreenSize
    density: int
    """In dpi."""

    def __str__(self) -> str:
        return f"{self.size.name.lower()} {self.density} dpi"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageManifest:
    """What one APK says of itself, with Android's defaults filled in."""

    package_name: str
    version_code: int
    """64 bits: versionCodeMajor in the upper half; 0 if missing."""
    version_name: str = ""
    label: str = ""
    min_sdk: int = 1
    min_sdk_codename: str = ""
    """Set when the package asks for an unreleased Android; min_sdk is then SDK_IN_DEVELOPMENT."""
    target_sdk: int = 1
    max_sdk: int | None = None
    abis: tuple[str, ...] = ()
    """Those of `lib/<abi>/*.so`; empty: no native code, so any ABI will do."""
    densities: tuple[int, ...] = ()
    """Of its resources, in dpi and ascending, density.ANY and density.NONE included."""
    supports_screens: tuple[ScreenSize, ...] = tuple(ScreenSize)
    compatible_screens: tuple[Screen, ...] = ()
    """Empty: no such list, so any screen will do."""
    required_features: tuple[str, ...] = ()
    gl_es_version: int | None = None
    """Major version in the upper 16 bits, minor in the lower."""
    split_name: str = ""
    """Empty: a whole APK, or the base of a set."""
    config_for_split: str | None = None
    """Of a configuration split: the split that it belongs to, empty for the base; None: it is none."""
    is_feature_split: bool = False
    requires_splits: bool = False
    """Whether it is not to be installed alone."""
    split_types: tuple[str, ...] = ()
    """What it contributes, such as `base__abi`."""
    required_split_types: tuple[str, ...] = ()
    """What the splits installed with it have to contribute."""
    labels: tuple[tuple[str, str], ...] = ()
    """BCP-47 tag and label in that language; the label of no language is `label`."""
    locales: tuple[str, ...] = ()
    """BCP-47 tags of the languages that it has resources in, besides the default; in alphabetical order."""
    icon_sha256: str = ""
    """Of the icon's bytes; empty: it is no picture file in the package."""
    permissions: tuple[str, ...] = ()
    """Those that it asks for."""
    debuggable: bool = False
    test_only: bool = False
    signer_sha256: str = ""
    """Of the certificate of the verified signer; of several signers theirs in ascending order, with commas between.

    Empty until the signature is verified.
    """
    signer_lineage: tuple[str, ...] = ()
    """SHA-256 of the certificates of the signer whose packages this one may replace, from the oldest to the current.

    Empty if the signer never changed.
    """
    signature_min_sdk: int = 1
    """The lowest SDK from which on all devices accept the signature."""
    debug_certificate: bool = False
    """Whether it is signed with a key that is no secret, such as those that Android's tools make for debugging."""
    signature_schemes: tuple[str, ...] = ()
    """Those that count on such devices, for example `v2`, the oldest first; empty until the signature is verified."""

    @property
    def install_min_sdk(self) -> int:
        """The lowest SDK that installs it: the manifest and the signature each ask for one."""
        return max(self.min_sdk, self.signature_min_sdk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One package file of the catalogue."""

    sha256: str
    size: int
    """In bytes."""
    file_name: str
    manifest: PackageManifest


class NoFitKind(StrEnum):
    """The rule that keeps packages from a device."""

    NOT_IN_CATALOGUE = "NOT_IN_CATALOGUE"
    PLATFORM = "PLATFORM"
    SIGNER_CHANGED = "SIGNER_CHANGED"
    MIN_SDK = "MIN_SDK"
    MAX_SDK = "MAX_SDK"
    TARGET_SDK = "TARGET_SDK"
    ABI = "ABI"
    FEATURE = "FEATURE"
    GL_ES = "GL_ES"
    SCREEN = "SCREEN"
    TEXTURE = "TEXTURE"
    VARIANT = "VARIANT"
    MODULE = "MODULE"
    MISSING_SPLIT = "MISSING_SPLIT"
    DENIED = "DENIED"
    MIN_VERSION = "MIN_VERSION"


@dataclass(frozen=True, slots=True)
class NoFitReason:
    """One rule that keeps packages from the device, over all packages that it keeps out."""

    kind: NoFitKind
    message: str
    """For a person: `needs Android 12; you have 10`."""
    device_has: tuple[str, ...] = ()
    packages_want: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} device [{', '.join(self.device_has)}] packages [{', '.join(self.packages_want)}]"


@dataclass(frozen=True, slots=True)
class NoFit:
    """No package fits the device; the rule that keeps out the most packages comes first."""

    reasons: tuple[NoFitReason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The files to install together, and why they were chosen."""

    artifacts: tuple[Artifact, ...]
    package_name: str
    version_code: int
    version_name: str
    why: tuple[str, ...]
    upstream: str = ""
    """Where the files come from; empty: the catalogue has them."""


@dataclass(frozen=True, slots=True)
class AppStoreLink:
    """Where an iPhone gets the app."""

    url: str


@dataclass(frozen=True, slots=True)
class AnnouncedFile:
    """What an upload says of a file that it is about to send; `size` in bytes."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class AnnouncedPackage:
    """What an upload says of the package that it is about to send: one file, or several that are its splits."""

    files: tuple[AnnouncedFile, ...]
    device_model: str = ""
    """Of the phone that the splits come from; empty: not known."""

    @property
    def package_id(self) -> str:
        """The digest of the one file; of several the digest of their digests, whatever their order and names."""
        digests = sorted(file.sha256 for file in self.files)
        if len(digests) == 1:
            return digests[0]
        return hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode()).hexdigest()
