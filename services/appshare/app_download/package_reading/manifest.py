"""From the text of an AndroidManifest.xml to what the package says of itself."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from appshare.app_download.fitting import density
from appshare.app_download.model import SDK_IN_DEVELOPMENT, PackageManifest, Screen, ScreenSize
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason

Resolve = Callable[[str], str | None]
"""Gives the value of a resource such as `@string/app_name`, None if there is none."""

_ANDROID = "{http://schemas.android.com/apk/res/android}"
_REFERENCE = re.compile(r"@([\w.]+:)?([\w.]+/\S+|[0-9a-f]{8})")
TEXT_LIMIT = 1000

# PackageManager's rule for package names, and the longest one that it can make a directory of.
_PACKAGE_NAME = re.compile(r"(?=.{1,223}\Z)[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+")

# (attribute of supports-screens, size, lowest targetSdk for which it is on by default)
_SUPPORTS_SCREENS = (
    ("smallScreens", ScreenSize.SMALL, 4),
    ("normalScreens", ScreenSize.NORMAL, 1),
    ("largeScreens", ScreenSize.LARGE, 4),
    ("xlargeScreens", ScreenSize.XLARGE, 9),
)


def parse_manifest(text: str, resolve: Resolve, abis: tuple[str, ...], densities: tuple[int, ...]) -> PackageManifest:
    """What the package says of itself; raises PackageRefused if Android could not tell which package this is."""
    manifest = _Element(_root(text), resolve)
    uses_sdk = manifest.child("uses-sdk")
    application = manifest.child("application")
    min_sdk = _sdk(uses_sdk, "minSdkVersion") or 1
    target_sdk = _sdk(uses_sdk, "targetSdkVersion") or min_sdk
    required = [feature for feature in manifest.children("uses-feature") if feature.flag("required", default=True)]
    return PackageManifest(
        package_name=_package_name(manifest),
        version_code=_version_code(manifest),
        version_name=manifest.text("versionName"),
        label=application.text("label"),
        min_sdk=min_sdk,
        min_sdk_codename=_codename(uses_sdk, "minSdkVersion"),
        target_sdk=target_sdk,
        max_sdk=_sdk(uses_sdk, "maxSdkVersion"),
        abis=abis,
        densities=densities,
        supports_screens=_supports_screens(manifest.child("supports-screens"), target_sdk),
        compatible_screens=tuple(_compatible_screens(manifest.child("compatible-screens"))),
        required_features=tuple(dict.fromkeys(filter(None, (feature.text("name") for feature in required)))),
        gl_es_version=max((feature.number("glEsVersion") or 0 for feature in required), default=0) or None,
        split_name=manifest.xml.get("split", ""),
        config_for_split=_config_for_split(manifest),
        is_feature_split=manifest.flag("isFeatureSplit", default=False),
        requires_splits=manifest.flag("isSplitRequired", default=False),
        split_types=_listed(manifest.text("splitTypes")),
        required_split_types=_listed(manifest.text("requiredSplitTypes")),
        permissions=tuple(_permissions(manifest)),
        debuggable=application.flag("debuggable", default=False),
        test_only=application.flag("testOnly", default=False),
    )


def sandbox_version(text: str, resolve: Resolve) -> int:
    """The manifest's targetSandboxVersion; raises PackageRefused if the text is no manifest."""
    return _Element(_root(text), resolve).number("targetSandboxVersion") or 1


def application_reference(text: str, name: str) -> str:
    """The resource that an attribute of the application refers to; empty if it refers to none."""
    value = _Element(_root(text), lambda _: None).child("application").xml.get(_ANDROID + name, "")
    return value if _REFERENCE.fullmatch(value) else ""


@dataclass(frozen=True, slots=True)
class _Element:
    """An element whose `android:` attributes are read by type, with references to resources resolved."""

    xml: ET.Element
    resolve: Resolve

    def child(self, tag: str) -> "_Element":
        """The first such child; an empty one if there is none."""
        child = self.xml.find(tag)
        return _Element(ET.Element(tag) if child is None else child, self.resolve)

    def children(self, tag: str) -> Iterator["_Element"]:
        return (_Element(child, self.resolve) for child in self.xml.iterfind(tag))

    def has(self, name: str) -> bool:
        return _ANDROID + name in self.xml.attrib

    def text(self, name: str) -> str:
        """Empty if the attribute, or the resource that it refers to, is missing."""
        value = self.xml.get(_ANDROID + name, "")
        if _REFERENCE.fullmatch(value):
            value = self.resolve(value) or ""
        return value[:TEXT_LIMIT]

    def number(self, name: str) -> int | None:
        """Decimal or 0x..., as Android's signed 32 bits; None if the attribute is missing or no such number."""
        try:
            number = int(self.text(name), base=0)
        except ValueError:
            return None
        if not -(1 << 31) <= number < 1 << 32:
            return None
        return number - (1 << 32) if number >= 1 << 31 else number

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.text(name).lower()
        if value in ("true", "1", "-1"):
            return True
        return default and value not in ("false", "0")


def _root(text: str) -> ET.Element:
    try:
        root = ET.fromstring(text)  # noqa: S314  # apk-info wrote the text, and the process is limited
    except ET.ParseError:
        raise PackageRefused(RefusalReason.MALFORMED_MANIFEST, "the manifest is not well formed") from None
    if root.tag != "manifest":
        raise PackageRefused(RefusalReason.MALFORMED_MANIFEST, "the manifest's root is not <manifest>")
    return root


def _package_name(manifest: _Element) -> str:
    name = manifest.xml.get("package", "")
    if not _PACKAGE_NAME.fullmatch(name):
        raise PackageRefused(
            RefusalReason.INVALID_PACKAGE_NAME, "Android accepts no such package name, or there is none"
        )
    return name


def _version_code(manifest: _Element) -> int:
    """64 bits, as PackageInfo.getLongVersionCode puts them together; 0 if missing."""
    code = manifest.number("versionCode") if manifest.has("versionCode") else 0
    major = manifest.number("versionCodeMajor") if manifest.has("versionCodeMajor") else 0
    if code is None or major is None or major < 0:
        raise PackageRefused(RefusalReason.INVALID_VERSION_CODE, "the version code is not a number of 32 bits")
    return major << 32 | code & 0xFFFFFFFF


def _config_for_split(manifest: _Element) -> str | None:
    """Older tools leave the attribute out for the base, whose configuration splits begin with `config.`."""
    if "configForSplit" in manifest.xml.attrib:
        return manifest.xml.get("configForSplit")
    return "" if manifest.xml.get("split", "").startswith("config.") else None


def _permissions(manifest: _Element) -> Iterator[str]:
    """Each once, in the order of the manifest."""
    asked = (element for tag in ("uses-permission", "uses-permission-sdk-23") for element in manifest.children(tag))
    yield from dict.fromkeys(filter(None, (element.text("name") for element in asked)))


def _listed(text: str) -> tuple[str, ...]:
    """The members of a list with commas, in their order."""
    return tuple(filter(None, (member.strip() for member in text.split(","))))


def _sdk(uses_sdk: _Element, name: str) -> int | None:
    """The SDK, SDK_IN_DEVELOPMENT for a codename; None if the attribute is missing or means nothing."""
    if _codename(uses_sdk, name):
        return SDK_IN_DEVELOPMENT
    sdk = uses_sdk.number(name)
    return sdk if sdk is not None and sdk > 0 else None


def _codename(uses_sdk: _Element, name: str) -> str:
    """Empty if the attribute is missing or a number."""
    return uses_sdk.text(name) if uses_sdk.number(name) is None else ""


def _supports_screens(supports_screens: _Element, target_sdk: int) -> tuple[ScreenSize, ...]:
    """In order, with the defaults that depend on the targetSdk."""
    return tuple(
        size
        for attribute, size, since in _SUPPORTS_SCREENS
        if supports_screens.flag(attribute, default=target_sdk >= since)
    )


def _compatible_screens(compatible_screens: _Element) -> Iterator[Screen]:
    for screen in compatible_screens.children("screen"):
        size = screen.text("screenSize").upper()
        dpi = density.BUCKETS.get(screen.text("screenDensity")) or screen.number("screenDensity")
        if size in ScreenSize.__members__ and dpi is not None:
            yield Screen(ScreenSize[size], dpi)
