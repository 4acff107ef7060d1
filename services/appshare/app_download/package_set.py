"""A build of an app that is several files, of which each device gets some."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from appshare.app_download.model import Artifact, PackageManifest
from appshare.app_download.table_of_contents import TableOfContents

BASE = "base"
"""The module that every app has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageSet:
    """One version of an app as a split set."""

    parts: tuple[Artifact, ...]
    """Without those that only serve to run the app without installing it; `file_name` is the name without folders."""
    table_of_contents: TableOfContents | None = None
    """None: as a phone holds the app, after it chose what it needs."""
    device_model: str = ""
    """Of the phone that held it; empty: not known."""

    @property
    def modules(self) -> tuple[str, ...]:
        """Names of its modules and packs of assets, the base first."""
        if self.table_of_contents is not None:
            names = self.table_of_contents.module_names()
        else:
            masters = (part.manifest for part in self.parts if part.manifest.config_for_split is None)
            names = (manifest.split_name or BASE for manifest in masters)
        return tuple(sorted(dict.fromkeys(names), key=lambda name: name != BASE))

    @property
    def base(self) -> PackageManifest:
        """The manifest of a part that is no split: what it says of the app holds for the set."""
        return next(part.manifest for part in self.parts if not part.manifest.split_name)

    def part(self, path: str) -> Artifact:
        """The part that stands at a path of the set."""
        name = plain_name(path)
        return next(part for part in self.parts if part.file_name == name)


def plain_name(path: str) -> str:
    """`base-master.apk` for `splits/base-master.apk`."""
    return path.rpartition("/")[2]


def incompleteness(manifests: Sequence[PackageManifest], *, has_table_of_contents: bool) -> str | None:
    """What is lacking for packages to be a set that some device installs, as a sentence; None if nothing is.

    With a table of contents its variants need different splits: which of them lack one, the rules of fit tell.
    """
    bases = [manifest for manifest in manifests if not manifest.split_name]
    if not bases:
        return "the base is not among its parts"
    if has_table_of_contents:
        return None
    if len(manifests) == 1 and bases[0].requires_splits:
        return "its base is not to be installed without splits"
    given = {each for manifest in manifests for each in manifest.split_types}
    if lacking := sorted(each for base in bases for each in base.required_split_types if each not in given):
        return f"its base requires splits of the type {', '.join(lacking)}"
    return None


def inconsistency(manifests: Sequence[PackageManifest], *, has_table_of_contents: bool) -> str | None:
    """What keeps packages from being parts of one set, as a sentence; None if they can be.

    Without a table of contents nothing but the manifests tells the parts apart, so that no two may say the same.
    """
    if len({manifest.package_name for manifest in manifests}) > 1:
        return "its parts are of several apps"
    if len({manifest.version_code for manifest in manifests}) > 1:
        return "its parts are of several versions"
    if len({manifest.signer_sha256 for manifest in manifests}) > 1:
        return "its parts are signed by several signers"
    names = Counter(manifest.split_name for manifest in manifests)
    if names[""] > 1 and not has_table_of_contents:
        return "two of its parts are whole packages"
    if len(names) < len(manifests) and not has_table_of_contents:
        return "two of its parts are the same split"
    return None
