"""Reads one split set, in this process: each of its packages as a package of its own."""

import errno
import hashlib
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from appshare.app_download.model import Artifact, PackageManifest
from appshare.app_download.package_reading.coherence import require_set
from appshare.app_download.package_reading.limits import ReadingLimits
from appshare.app_download.package_reading.reading import read
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason, shown
from appshare.app_download.package_reading.set_archive import SetArchive, is_set
from appshare.app_download.package_reading.unpacked import unpacked_part
from appshare.app_download.package_set import PackageSet, plain_name


def read_package_or_set(
    package: BinaryIO, limits: ReadingLimits, *, require_signature: bool = True, unpack_into: Path | None = None
) -> PackageManifest | PackageSet:
    """What the file holds: an APK, or a split set; arguments and errors are those of `read` and `read_set`."""
    if not is_set(package, limits):
        return read(package, limits, require_signature=require_signature)
    return read_set(package, limits, require_signature=require_signature, unpack_into=unpack_into)


def read_set(
    package: BinaryIO, limits: ReadingLimits, *, require_signature: bool = True, unpack_into: Path | None = None
) -> PackageSet:
    """The parts of a set and its table of contents; the other arguments and the errors are those of `read`.

    Args:
        package: The file.
        limits: What it may take.
        require_signature: As of `read`.
        unpack_into: An empty folder, in which the parts are left; None: nothing is left of them.

    Raises:
        PackageRefused: The archive or one of its parts is refused, or they are no set.
        OSError: The parts cannot be unpacked to the disk.
    """
    archive = SetArchive(package, limits)
    parts = [
        _read_part(archive, index, limits, require_signature=require_signature, unpack_into=unpack_into)
        for index in range(len(archive.paths))
    ]
    require_set([part.manifest for part in parts], has_table_of_contents=archive.table_of_contents is not None)
    return PackageSet(parts=tuple(parts), table_of_contents=archive.table_of_contents)


def read_splits(files: Mapping[str, Path], limits: ReadingLimits) -> list[PackageManifest]:
    """The manifests of packages that lie beside each other, by their names; raises PackageRefused."""
    return [_read_named(name, path, limits, require_signature=True) for name, path in files.items()]


def _read_part(
    archive: SetArchive, index: int, limits: ReadingLimits, *, require_signature: bool, unpack_into: Path | None
) -> Artifact:
    """Unpacked into a file of its own, at least for as long as it is read: packages are read back and forth."""
    path = archive.paths[index]
    with ExitStack() as stack:
        folder = unpack_into or Path(stack.enter_context(TemporaryDirectory()))
        file = unpacked_part(folder, index)
        sha256 = _unpack(archive, path, file)
        manifest = _read_named(path, file, limits, require_signature=require_signature)
    return Artifact(sha256=sha256, size=archive.size(path), file_name=plain_name(path), manifest=manifest)


def _read_named(name: str, file: Path, limits: ReadingLimits, *, require_signature: bool) -> PackageManifest:
    """A refusal says of which part it is."""
    try:
        with file.open("rb") as package:
            return read(package, limits, require_signature=require_signature)
    except PackageRefused as refused:
        raise PackageRefused(refused.reason, f"{shown(name)}: {refused.message}") from None


def _unpack(archive: SetArchive, path: str, file: Path) -> str:
    """Writes a package of the set to a file; its SHA-256."""
    digest = hashlib.sha256()
    try:
        with file.open("xb") as target:
            for chunk in archive.chunks(path):
                digest.update(chunk)
                target.write(chunk)
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise
        raise PackageRefused(RefusalReason.TOO_LARGE, f"{shown(path)} unpacks to more than it says") from None
    return digest.hexdigest()
