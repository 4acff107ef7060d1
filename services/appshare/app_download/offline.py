"""What the service says of package files, said of files that lie here: the same rules without server and catalogue."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from appshare import errors
from appshare.app_download.fitting.device_fit import choose
from appshare.app_download.model import Artifact, PackageManifest
from appshare.app_download.package import Build
from appshare.app_download.package_reader import PackageRefused, ReadingLimits, read_package_or_set
from appshare.app_download.package_set import PackageSet, incompleteness, inconsistency
from appshare.app_download.wire import read_profile, write_answer
from appshare.v1.device_pb2 import DeviceProfile
from appshare.v1.fit_pb2 import FitAnswer

_LIMITS = ReadingLimits()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no catalogue takes a file."""

    file: Path
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a package file says of itself.

    Attributes:
        content: None if not even that can be read.
        refusal: why no catalogue takes it; None if one would. With content: its signature does not hold.
    """

    content: PackageManifest | PackageSet | None
    refusal: Refusal | None


async def inspect(file: Path) -> Inspection:
    """Reads a package, or a split set that is one file, as the catalogue does.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        return Inspection(await read_package_or_set(file, _LIMITS), None)
    except PackageRefused as refused:
        refusal = _refusal(file, refused)
    try:
        return Inspection(await read_package_or_set(file, _LIMITS, require_signature=False), refusal)
    except PackageRefused:
        return Inspection(None, refusal)


async def fit(files: Sequence[Path], profile: DeviceProfile, modules: Collection[str] = ()) -> FitAnswer | Refusal:
    """Which of the files a device gets, as if a catalogue held these alone; or the first of them that it refuses.

    Args:
        files: of one app: whole packages, split sets, and loose splits beside their base.
        modules: of split sets, what to install besides what comes at install time.

    Raises:
        errors.InvalidArgumentError: INVALID_DEVICE_PROFILE; INVALID_FIELD when the files are of several apps;
            PACKAGE_PARTS_DIFFER or PACKAGE_INCOMPLETE when loose splits make no set.
        OSError: a file cannot be read.
    """
    device = read_profile(profile)
    whole: list[Build] = []
    loose: list[Artifact] = []
    for file in files:
        try:
            content = await read_package_or_set(file, _LIMITS)
        except PackageRefused as refused:
            return _refusal(file, refused)
        if isinstance(content, PackageSet):
            whole.append(content)
        else:
            loose.append(_artifact(file, content))
    builds = [*whole, *_put_together(loose)]
    _require_one_app(builds)
    return write_answer(choose(device, builds, modules=modules))


def _put_together(loose: Sequence[Artifact]) -> list[Build]:
    """Splits are a set together with the base of their version; what has no splits beside it is a whole package."""
    by_version: dict[tuple[str, int], list[Artifact]] = {}
    for each in loose:
        by_version.setdefault((each.manifest.package_name, each.manifest.version_code), []).append(each)
    builds: list[Build] = []
    for group in by_version.values():
        builds += [_set_of(group)] if any(part.manifest.split_name for part in group) else group
    return builds


def _set_of(parts: Sequence[Artifact]) -> PackageSet:
    manifests = [part.manifest for part in parts]
    fault = inconsistency(manifests, has_table_of_contents=False)
    if len({part.file_name for part in parts}) < len(parts):
        fault = "two of its parts have the same file name"
    if fault:
        raise errors.InvalidArgumentError(errors.Reason.PACKAGE_PARTS_DIFFER, f"the splits make no set: {fault}")
    if fault := incompleteness(manifests, has_table_of_contents=False):
        raise errors.InvalidArgumentError(errors.Reason.PACKAGE_INCOMPLETE, f"the splits make no whole set: {fault}")
    return PackageSet(parts=tuple(parts))


def _require_one_app(builds: Iterable[Build]) -> None:
    names = {
        build.base.package_name if isinstance(build, PackageSet) else build.manifest.package_name for build in builds
    }
    if len(names) > 1:
        raise errors.InvalidArgumentError(
            errors.Reason.INVALID_FIELD, f"the files are of several apps; give those of one: {', '.join(sorted(names))}"
        )


def _artifact(file: Path, manifest: PackageManifest) -> Artifact:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return Artifact(sha256=digest, size=file.stat().st_size, file_name=file.name, manifest=manifest)


def _refusal(file: Path, refused: PackageRefused) -> Refusal:
    return Refusal(file, refused.reason, refused.message)
