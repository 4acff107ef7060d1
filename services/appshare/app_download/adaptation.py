"""The adaptation table: which package file serves which devices, derived from what the packages say of themselves."""

from dataclasses import dataclass

from appshare.app_download.model import SDK_IN_DEVELOPMENT, PackageManifest, ScreenSize
from appshare.app_download.package import Package


@dataclass(frozen=True, slots=True)
class AdaptationRow:
    """Which devices one package serves; empty means any.

    Attributes:
        max_sdk: None: no limit.
        screens: for people, for example "normal 480 dpi".
    """

    package: Package
    min_sdk: int
    max_sdk: int | None
    screens: tuple[str, ...]
    abis: tuple[str, ...]


def row_of(package: Package) -> AdaptationRow:
    """The row of a package."""
    manifest = package.manifest
    return AdaptationRow(
        package=package,
        min_sdk=min(package.min_sdk, SDK_IN_DEVELOPMENT),
        max_sdk=manifest.max_sdk,
        screens=_screens(manifest),
        abis=package.abis,
    )


def _screens(manifest: PackageManifest) -> tuple[str, ...]:
    if manifest.compatible_screens:
        return tuple(str(screen) for screen in manifest.compatible_screens)
    if len(manifest.supports_screens) == len(ScreenSize):
        return ()
    return tuple(size.name.lower() for size in manifest.supports_screens)
