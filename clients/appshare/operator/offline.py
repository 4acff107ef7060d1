"""Packages that lie here, told of without a server: the one place where a client reaches into a service.

What is found out is what AppDownload would say, since its own code finds it out; the contract of imports names this
module as the exception.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from appshare.app_download import offline
from appshare.app_download.model import Artifact, PackageManifest
from appshare.app_download.offline import Refusal
from appshare.app_download.package_set import PackageSet
from appshare.fit.answer import FitAnswer
from appshare.fit.device_profile import DeviceProfile
from appshare.fit.wire import read_answer, write_profile

__all__ = ["PackageFacts", "PartFacts", "Refusal", "SignatureFacts", "fit", "inspect"]


@dataclass(frozen=True)
class SignatureFacts:
    """Who signed a package.

    Attributes:
        schemes: those that count on devices from `min_api` on, the oldest first.
        min_api: the lowest API level from which on all devices accept the signature; None unless it is verified.
        signer_sha256: of the certificate; of several signers with commas between; empty unless it is verified.
    """

    verified: bool
    schemes: tuple[str, ...]
    min_api: int | None
    signer_sha256: str


@dataclass(frozen=True)
class PartFacts:
    """One file of a split set.

    Attributes:
        size: bytes.
        split_name: empty for a base.
    """

    name: str
    size: int
    sha256: str
    split_name: str
    abis: tuple[str, ...]


@dataclass(frozen=True)
class PackageFacts:
    """What a package says of itself; of a set, what its base says.

    Attributes:
        min_sdk: by its manifest; the signature may ask for more.
        max_sdk: None for no limit.
        abis: empty for every ABI.
        parts: None of a package that is one file.
    """

    package: str
    version_code: int
    version_name: str
    min_sdk: int
    target_sdk: int
    max_sdk: int | None
    abis: tuple[str, ...]
    label: str
    signature: SignatureFacts
    parts: tuple[PartFacts, ...] | None = None


async def inspect(file: Path) -> tuple[PackageFacts | None, Refusal | None]:
    """What a package file says of itself, if it can be read, and why no catalogue would take it, if none would.

    Raises:
        OSError: the file cannot be read.
    """
    inspection = await offline.inspect(file)
    return _facts(inspection.content) if inspection.content else None, inspection.refusal


async def fit(files: Sequence[Path], profile: DeviceProfile, modules: Collection[str]) -> FitAnswer | Refusal:
    """Which of the files a device gets; or the first of them that no catalogue would take.

    Args:
        files: of one app.
        modules: of split sets, what to install besides what comes at install time.

    Raises:
        errors.InvalidArgumentError: the profile is out of range, or the files do not belong together.
        OSError: a file cannot be read.
    """
    answer = await offline.fit(files, write_profile(profile), modules)
    return answer if isinstance(answer, Refusal) else read_answer(answer)


def _facts(content: PackageManifest | PackageSet) -> PackageFacts:
    if isinstance(content, PackageSet):
        return _manifest_facts(content.base, tuple(map(_part, content.parts)))
    return _manifest_facts(content, None)


def _manifest_facts(manifest: PackageManifest, parts: tuple[PartFacts, ...] | None) -> PackageFacts:
    return PackageFacts(
        package=manifest.package_name,
        version_code=manifest.version_code,
        version_name=manifest.version_name,
        min_sdk=manifest.min_sdk,
        target_sdk=manifest.target_sdk,
        max_sdk=manifest.max_sdk,
        abis=manifest.abis,
        label=manifest.label,
        signature=_signature(manifest),
        parts=parts,
    )


def _signature(manifest: PackageManifest) -> SignatureFacts:
    verified = bool(manifest.signer_sha256)
    min_api = manifest.signature_min_sdk if verified else None
    return SignatureFacts(verified, manifest.signature_schemes, min_api, manifest.signer_sha256)


def _part(part: Artifact) -> PartFacts:
    return PartFacts(part.file_name, part.size, part.sha256, part.manifest.split_name, part.manifest.abis)
