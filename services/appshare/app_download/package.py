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
        package_id: as the upload announced it, see `AnnouncedPackage`.
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
    def min_sdk(self) -> int:
        """The lowest SDK that installs it; the variants of a set may ask for different ones."""
        whole = (file.manifest for file in self.files if not file.manifest.split_name)
        return min(manifest.install_min_sdk for manifest in whole)

    @property
    def abis(self) -> tuple[str, ...]:
        """Those that it, or a part of it, has native code for; empty: any will do."""
        return tuple(sorted({abi for file in self.files for abi in file.manifest.abis}))

    @property
    def locales(self) -> tuple[str, ...]:
        """BCP-47 tags of the languages that it, or a part of it, has resources in."""
        return tuple(sorted({locale for file in self.files for locale in file.manifest.locales}))

    @property
    def words(self) -> str:
        """What a search by name looks through, in one case: package name and labels in all languages."""
        manifest = self.manifest
        names = (manifest.package_name, manifest.label, *(label for _language, label in manifest.labels))
        return " ".join(dict.fromkeys(name.casefold() for name in names))

    @property
    def page_key(self) -> PageKey:
        """Where it stands in lists."""
        return self.manifest.package_name, self.manifest.version_code, self.package_id


def manifest_of(build: Build) -> PackageManifest:
    """What a whole APK, or the base of a set, says of the app."""
    return build.base if isinstance(build, PackageSet) else build.manifest
