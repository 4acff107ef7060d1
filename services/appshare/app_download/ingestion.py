"""How packages come in: their bytes are received, read and checked before the catalogue takes them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from appshare import errors
from appshare.app_download.catalogue import Catalogue
from appshare.app_download.file_storage import translated
from appshare.app_download.model import AnnouncedFile, AnnouncedPackage, Artifact, PackageManifest
from appshare.app_download.package import Build, Package
from appshare.app_download.package_files import FilledFile, IncomingFile, PackageFiles
from appshare.app_download.package_reader import (
    PackageRefused,
    ReadingLimits,
    RefusalReason,
    read_package_or_set,
    read_splits,
    require_set,
    unpacked_part,
)
from appshare.app_download.package_set import PackageSet

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
    RefusalReason.MALFORMED_SET: errors.Reason.PACKAGE_SET_MALFORMED,
    RefusalReason.INCONSISTENT_SET: errors.Reason.PACKAGE_PARTS_DIFFER,
    RefusalReason.INCOMPLETE_SET: errors.Reason.PACKAGE_INCOMPLETE,
    RefusalReason.SIGNATURE_MISSING: errors.Reason.PACKAGE_UNSIGNED,
    RefusalReason.SIGNATURE_INVALID: errors.Reason.PACKAGE_SIGNATURE_INVALID,
    RefusalReason.SIGNATURE_STRIPPED: errors.Reason.PACKAGE_SIGNATURE_INVALID,
    RefusalReason.SIGNATURE_UNSUPPORTED: errors.Reason.PACKAGE_SIGNATURE_INVALID,
}
_READ_AT_ONCE = 2
"""Files that are read at the same time; each takes a process."""

Content = AsyncIterator[tuple[int, bytes]]
"""The bytes of an upload, each time with the index of the file whose next ones they are."""


class Ingestion:
    """Takes packages into the catalogue.

    Args:
        max_package_size: bytes that the files of a package may have together.
    """

    def __init__(
        self, catalogue: Catalogue, files: PackageFiles, *, max_package_size: int, limits: ReadingLimits
    ) -> None:
        self._catalogue = catalogue
        self._files = files
        self._max_package_size = max_package_size
        self._limits = limits
        self._reading = asyncio.Semaphore(_READ_AT_ONCE)

    async def add(self, announced: AnnouncedPackage, content: Content) -> tuple[Package, bool]:
        """Stores a package; returns it, and whether it was there before, in which case the content is not read.

        Raises:
            errors.InvalidArgumentError: PACKAGE_* or UPLOAD_MISMATCH; nothing is stored.
            errors.UnavailableError: STORAGE_UNAVAILABLE; nothing is stored.
        """
        if sum(file.size for file in announced.files) > self._max_package_size:
            raise errors.InvalidArgumentError(
                errors.Reason.PACKAGE_TOO_LARGE, f"a package has at most {self._max_package_size} bytes"
            )
        if present := await self._catalogue.claim(announced.package_id):
            return present, True
        async with AsyncExitStack() as stack:
            received = [await stack.enter_async_context(self._files.incoming()) for _ in announced.files]
            await _receive(announced.files, content, received)
            folder = await stack.enter_async_context(self._files.unpacking())
            try:
                build, files = await self._read(announced, received, folder)
            except PackageRefused as refused:
                raise errors.InvalidArgumentError(
                    _REASONS[refused.reason], refused.message, metadata={"refusal": refused.reason}
                ) from None
            package = Package(package_id=announced.package_id, build=build)
            await self._catalogue.keep(package, files)
        return package, False

    async def _read(
        self, announced: AnnouncedPackage, received: Sequence[IncomingFile], folder: Path
    ) -> tuple[Build, Sequence[IncomingFile | FilledFile]]:
        """What the files are, and the files to keep; raises PackageRefused."""
        if len(received) > 1:
            return await self._read_splits(announced, received), received
        [file], [upload] = announced.files, received
        async with self._reading:
            with translated():
                found = await read_package_or_set(upload.path, self._limits, unpack_into=folder)
        if not isinstance(found, PackageSet):
            _require_whole(found)
            return _artifact(file, found), received
        if found.table_of_contents is None:
            found = replace(found, device_model=announced.device_model)
        return found, [await self._unpacked(folder, index, part) for index, part in enumerate(found.parts)]

    async def _read_splits(self, announced: AnnouncedPackage, received: Sequence[IncomingFile]) -> PackageSet:
        """The set that several files are; raises PackageRefused."""
        paths = {file.name: upload.path for file, upload in zip(announced.files, received, strict=True)}
        async with self._reading:
            with translated():
                manifests = await read_splits(paths, self._limits)
        require_set(manifests, has_table_of_contents=False)
        parts = map(_artifact, announced.files, manifests)
        return PackageSet(parts=tuple(parts), device_model=announced.device_model)

    async def _unpacked(self, folder: Path, index: int, part: Artifact) -> FilledFile:
        """A part of a set, compared with what was said of it by the process that has met the hostile bytes."""
        file = await self._files.unpacked(unpacked_part(folder, index))
        if (file.sha256, file.size) != (part.sha256, part.size):
            raise PackageRefused(RefusalReason.MALFORMED_SET, f"{part.file_name} is not what was read of it")
        return file


def _artifact(file: AnnouncedFile, manifest: PackageManifest) -> Artifact:
    return Artifact(sha256=file.sha256, size=file.size, file_name=file.name, manifest=manifest)


def _require_whole(manifest: PackageManifest) -> None:
    """Refuses what is only a part of a package; raises PackageRefused."""
    if manifest.split_name:
        raise PackageRefused(
            RefusalReason.INCOMPLETE_SET,
            f"the file is only the split {manifest.split_name!r} of a package;"
            " add it together with its base and other splits",
        )
    require_set([manifest], has_table_of_contents=False)


async def _receive(announced: Sequence[AnnouncedFile], content: Content, files: Sequence[IncomingFile]) -> None:
    async for index, data in content:
        if files[index].size + len(data) > announced[index].size:
            raise _mismatch(announced[index], "more bytes arrived than were announced")
        await files[index].write(data)
    for expected, file in zip(announced, files, strict=True):
        if file.size != expected.size:
            raise _mismatch(expected, f"{file.size} bytes arrived of {expected.size}")
        if file.sha256 != expected.sha256:
            raise _mismatch(expected, "the bytes have another SHA-256 than was announced")


def _mismatch(file: AnnouncedFile, message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(errors.Reason.UPLOAD_MISMATCH, f"{file.name}: {message}; send the file again")
