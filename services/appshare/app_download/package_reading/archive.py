"""The ZIP around a package: is it sound, and what of it describes the package?

Android's own ZIP reader (libziparchive) sets the rules: what it refuses, no device installs.
"""

import lzma
import re
import struct
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from appshare.app_download.package_reading.limits import ReadingLimits
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason, shown
from appshare.app_download.package_reading.zip_sections import zip_sections

MANIFEST = "AndroidManifest.xml"
RESOURCES = "resources.arsc"

_LOCAL_HEADER = b"PK\x03\x04"
_NATIVE_LIBRARY = re.compile(r"lib/([^/]+)/[^/]+\.so")
_LEAVING = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^[/\\]")
"""Of names: nothing is ever unpacked under them here, but no sound package has them."""

DAMAGE = (
    BadZipFile,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zlib.error,
)
"""What zipfile raises on archives that are damaged, encrypted, or packed by an unknown method."""


@dataclass(frozen=True, slots=True)
class PackageParts:
    """What of an archive describes the package."""

    manifest: bytes
    """Binary XML."""
    resources: bytes
    """The resource table; empty if there is none."""
    abis: tuple[str, ...]
    """In alphabetical order."""


def read_parts(package: BinaryIO, limits: ReadingLimits) -> PackageParts:
    """Check the archive and take out what describes the package; raises PackageRefused."""
    with open_checked(package, limits) as archive:
        names = archive.namelist()
        if MANIFEST not in names:
            raise PackageRefused(RefusalReason.NOT_AN_APK, f"the archive holds no {MANIFEST}")
        return PackageParts(
            manifest=read_entry(archive, MANIFEST, limits.manifest_bytes),
            resources=read_entry(archive, RESOURCES, limits.resources_bytes) if RESOURCES in names else b"",
            abis=native_abis(names),
        )


def open_checked(package: BinaryIO, limits: ReadingLimits) -> ZipFile:
    """The archive, which every reader takes for the same; raises PackageRefused."""
    archive = open_sound(package, limits)
    check_directory(archive, package)
    return archive


def open_sound(package: BinaryIO, limits: ReadingLimits) -> ZipFile:
    """The archive, of which Python is the only reader, so that it may be in the ZIP64 format; raises PackageRefused."""
    _check_directory_size(package, limits)
    archive = open_archive(package)
    _check_entries(archive.infolist(), limits)
    if not _starts_with_local_header(package):
        message = "the file does not start with a ZIP header"
        raise PackageRefused(RefusalReason.NOT_STARTING_WITH_ZIP_HEADER, message)
    return archive


def open_archive(package: BinaryIO) -> ZipFile:
    """The archive, its entries not looked at yet; raises PackageRefused."""
    try:
        return ZipFile(package)
    except DAMAGE:
        if _starts_with_local_header(package):
            raise PackageRefused(RefusalReason.TRUNCATED, "the ZIP directory is missing or cut off") from None
        raise PackageRefused(RefusalReason.NOT_AN_APK, "the file is not a ZIP archive") from None


def check_directory(archive: ZipFile, package: BinaryIO) -> None:
    """Python has to read the same central directory as Android does; raises PackageRefused."""
    sections = zip_sections(package)
    if (archive.start_dir, len(archive.infolist())) != (sections.directory, sections.entries):
        raise PackageRefused(RefusalReason.MALFORMED_ARCHIVE, "the ZIP directory can be read in two ways")


def read_entry(archive: ZipFile, name: str, limit: int) -> bytes:
    """The content of an entry; raises PackageRefused if it is larger than the limit in bytes, or damaged.

    At most the declared size is unpacked, whatever the entry would unpack to.
    """
    if archive.getinfo(name).file_size > limit:
        raise PackageRefused(RefusalReason.TOO_LARGE, f"{shown(name)} is larger than {limit} bytes")
    try:
        return archive.read(name)
    except DAMAGE:
        raise PackageRefused(RefusalReason.MALFORMED_ARCHIVE, f"{shown(name)} cannot be unpacked") from None


def read_picture(package: BinaryIO, name: str, limit: int) -> bytes:
    """A file of an archive that was checked; empty if it is not there, too large, or damaged."""
    with ZipFile(package) as archive:
        if name not in archive.NameToInfo or archive.getinfo(name).file_size > limit:
            return b""
        try:
            return archive.read(name)
        except DAMAGE:
            return b""


def native_abis(names: Iterable[str]) -> tuple[str, ...]:
    """The ABIs that a package holds native code for, whatever its name or its manifest says."""
    return tuple(sorted({match[1] for name in names if (match := _NATIVE_LIBRARY.fullmatch(name))}))


def _starts_with_local_header(package: BinaryIO) -> bool:
    package.seek(0)
    return package.read(len(_LOCAL_HEADER)) == _LOCAL_HEADER


def _check_directory_size(package: BinaryIO, limits: ReadingLimits) -> None:
    """Of a directory that lies where it should; what is wrong with another one is found when it is read."""
    try:
        sections = zip_sections(package)
    except PackageRefused:
        return
    if sections.end - sections.directory > limits.directory_bytes:
        message = f"the ZIP directory is larger than {limits.directory_bytes} bytes"
        raise PackageRefused(RefusalReason.TOO_LARGE, message)


def _check_entries(entries: list[ZipInfo], limits: ReadingLimits) -> None:
    if not entries:
        raise PackageRefused(RefusalReason.NOT_AN_APK, "the archive is empty")
    if len(entries) > limits.entries:
        raise PackageRefused(RefusalReason.TOO_LARGE, f"more than {limits.entries} entries")
    if sum(entry.file_size for entry in entries) > limits.unpacked_bytes:
        raise PackageRefused(RefusalReason.TOO_LARGE, f"unpacks to more than {limits.unpacked_bytes} bytes")
    if any(entry.filename != entry.orig_filename for entry in entries):
        # Behind a NUL, or in an extra field, which newer Pythons read and Android does not.
        raise PackageRefused(RefusalReason.MALFORMED_ARCHIVE, "an entry has two names")
    for entry in entries:
        if _LEAVING.search(entry.filename):
            message = f"{shown(entry.filename)} is a path that leads out of the package"
            raise PackageRefused(RefusalReason.MALFORMED_ARCHIVE, message)
    count = Counter(entry.filename for entry in entries)
    if len(count) < len(entries):
        twice = next(name for name, times in count.items() if times > 1)
        raise PackageRefused(RefusalReason.DUPLICATE_ENTRY, f"{shown(twice)} is there twice")
