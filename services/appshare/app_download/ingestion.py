"""How packages come in: their bytes are received, read and checked before the catalogue takes them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from appshare import errors
from appshare.app_download.catalogue import Catalogue
from appshare.app_download.model import AnnouncedFile, Artifact, PackageManifest
from appshare.app_download.package import Package
from appshare.app_download.package_files import IncomingFile, PackageFiles
from appshare.app_download.package_reader import PackageRefused, ReadingLimits, RefusalReason, read_package

_REASONS = {
    RefusalReason.NOT_AN_APK: errors.Reason.PACKAGE_NOT_AN_APK,
    RefusalReason.TRUNCATED: errors.Reason.PACKAGE_TRUNCATED,
    RefusalReason.NOT_STARTING_WITH_ZIP_HEADER: errors.Reason.PACKAGE_AMBIGUOUS,
    RefusalReason.DUPLICATE_ENTRY: errors.Reason.PACKAGE_AMBIGUOUS,
    RefusalReason.TOO_LARGE: errors.Reason.PACKAGE_TOO_LARGE,
    RefusalReason.TIMED_OUT: errors.Reason.PACKAGE_TOO_LARGE,
    RefusalReason.MALFORMED_ARCHIVE: errors.Reason.PACKAGE_MALFORMED,
    RefusalReason.MALFORMED_MANIFEST: errors.Reason.PACKAGE_MALFORMED,
    RefusalReason.INVALID_PACKAGE_NAME: errors.Reason.PACKAGE_MALFORMED,
    RefusalReason.INVALID_VERSION_CODE: errors.Reason.PACKAGE_MALFORMED,
    RefusalReason.MALFORMED_SET: errors.Reason.PACKAGE_MALFORMED,
    RefusalReason.INCONSISTENT_SET: errors.Reason.PACKAGE_MALFORMED,
    RefusalReason.SIGNATURE_MISSING: errors.Reason.PACKAGE_UNSIGNED,
    RefusalReason.SIGNATURE_INVALID: errors.Reason.PACKAGE_SIGNATURE_INVALID,
    RefusalReason.SIGNATURE_STRIPPED: errors.Reason.PACKAGE_SIGNATURE_INVALID,
    RefusalReason.SIGNATURE_UNSUPPORTED: errors.Reason.PACKAGE_SIGNATURE_INVALID,
}
_READ_AT_ONCE = 2
"""Packages that are read at the same time; each takes a process."""


class Ingestion:
    """Takes packages into the catalogue.

    Args:
        max_package_size: bytes that a package may have.
    """

    def __init__(
        self, catalogue: Catalogue, files: PackageFiles, *, max_package_size: int, limits: ReadingLimits
    ) -> None:
        self._catalogue = catalogue
        self._files = files
        self._max_package_size = max_package_size
        self._limits = limits
        self._reading = asyncio.Semaphore(_READ_AT_ONCE)

    async def add(self, announced: AnnouncedFile, content: AsyncIterator[bytes]) -> tuple[Package, bool]:
        """Stores a package; returns it, and whether it was there before, in which case the content is not read.

        Raises:
            errors.InvalidArgumentError: PACKAGE_* or UPLOAD_MISMATCH; nothing is stored.
            errors.UnavailableError: STORAGE_UNAVAILABLE; nothing is stored.
        """
        if announced.size > self._max_package_size:
            raise errors.InvalidArgumentError(
                errors.Reason.PACKAGE_TOO_LARGE, f"a package has at most {self._max_package_size} bytes"
            )
        if present := await self._catalogue.find(announced.sha256):
            return present, True
        async with self._files.incoming() as file:
            await _receive(announced, content, file)
            manifest = await self._read(file.path)
            apk = Artifact(sha256=announced.sha256, size=announced.size, file_name=announced.name, manifest=manifest)
            package = Package(package_id=announced.sha256, build=apk)
            await self._catalogue.keep(package, [file])
        return package, False

    async def _read(self, path: Path) -> PackageManifest:
        try:
            async with self._reading:
                manifest = await read_package(path, self._limits)
        except PackageRefused as refused:
            raise errors.InvalidArgumentError(
                _REASONS[refused.reason], refused.message, metadata={"refusal": refused.reason}
            ) from None
        if manifest.split_name:
            raise errors.InvalidArgumentError(
                errors.Reason.PACKAGE_MALFORMED,
                f"the file is only the split {manifest.split_name!r} of a package; add a whole package",
            )
        return manifest


async def _receive(announced: AnnouncedFile, content: AsyncIterator[bytes], file: IncomingFile) -> None:
    async for data in content:
        if file.size + len(data) > announced.size:
            raise _mismatch("more bytes arrived than were announced")
        await file.write(data)
    if file.size != announced.size:
        raise _mismatch(f"{file.size} bytes arrived of {announced.size}")
    if file.sha256 != announced.sha256:
        raise _mismatch("the bytes have another SHA-256 than was announced")


def _mismatch(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(errors.Reason.UPLOAD_MISMATCH, f"{message}; send the file again")
