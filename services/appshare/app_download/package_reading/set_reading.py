"""Reads one split set, in this process: each of its packages as a package of its own."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from appshare.app_download.model import Artifact, PackageManifest
from appshare.app_download.package_reading.limits import ReadingLimits
from appshare.app_download.package_reading.reading import read
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason, shown
from appshare.app_download.package_reading.set_archive import SetArchive, is_set
from appshare.app_download.package_set import PackageSet, inconsistency, plain_name


def read_package_or_set(
    package: BinaryIO, limits: ReadingLimits, *, require_signature: bool = True
) -> PackageManifest | PackageSet:
    """What the file holds: an APK, or a split set; arguments and errors are those of `read`."""
    if not is_set(package, limits):
        return read(package, limits, require_signature=require_signature)
    return read_set(package, limits, require_signature=require_signature)


def read_set(package: BinaryIO, limits: ReadingLimits, *, require_signature: bool = True) -> PackageSet:
    """The parts of a set and its table of contents; arguments and errors are those of `read`."""
    archive = SetArchive(package, limits)
    parts = [_read_part(archive, path, limits, require_signature=require_signature) for path in archive.paths]
    toc = archive.table_of_contents
    if fault := inconsistency([part.manifest for part in parts], has_table_of_contents=toc is not None):
        raise PackageRefused(RefusalReason.INCONSISTENT_SET, f"no split set: {fault}")
    return PackageSet(parts=tuple(parts), table_of_contents=toc)


def _read_part(archive: SetArchive, path: str, limits: ReadingLimits, *, require_signature: bool) -> Artifact:
    """Unpacked into a file of its own for as long as it is read: packages are read back and forth."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "part.apk")
        sha256 = _unpack(archive, path, file)
        try:
            with file.open("rb") as part:
                manifest = read(part, limits, require_signature=require_signature)
        except PackageRefused as refused:
            raise PackageRefused(refused.reason, f"{shown(path)}: {refused.message}") from None
    return Artifact(sha256=sha256, size=archive.size(path), file_name=plain_name(path), manifest=manifest)


def _unpack(archive: SetArchive, path: str, file: Path) -> str:
    """Writes a package of the set to a file; its SHA-256."""
    digest = hashlib.sha256()
    with file.open("wb") as target:
        for chunk in archive.chunks(path):
            digest.update(chunk)
            target.write(chunk)
    return digest.hexdigest()
