"""A package of the catalogue: one version of an app, as it was added."""

from dataclasses import dataclass

from appshare.app_download.model import Artifact, PackageManifest
from appshare.app_download.package_set import PackageSet

Build = Artifact | PackageSet
"""One version of an app: a whole APK, or a split set."""

PageKey = tuple[str, int, str]
"""Where a package stands in lists: package name, version code (newest first), id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One version of an app in the catalogue; what it says of itself never changes.

    Attributes:
        package_id: of a package added as one file the SHA-256 of that file, in lower-case hexadecimal.
    """

    package_id: str
    build: Build

    @property
    def manifest(self) -> PackageManifest:
        """What the whole APK, or the base of the set, says of the app."""
        return manifest_of(self.build)

    @property
    def files(self) -> tuple[Artifact, ...]:
        """All files of the package, of which a device may need some only."""
        return self.build.parts if isinstance(self.build, PackageSet) else (self.build,)

    @property
    def page_key(self) -> PageKey:
        """Where it stands in lists."""
        return self.manifest.package_name, self.manifest.version_code, self.package_id


def manifest_of(build: Build) -> PackageManifest:
    """What a whole APK, or the base of a set, says of the app."""
    return build.base if isinstance(build, PackageSet) else build.manifest
