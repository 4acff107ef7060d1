"""The catalogue: packages come in after they were read and checked, and the one that fits a device goes out."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from appshare import errors
from appshare.app_download.device_fit import choose
from appshare.app_download.model import (
    AnnouncedFile,
    AppStoreLink,
    Artifact,
    DeviceProfile,
    Fit,
    NoFit,
    NoFitKind,
    NoFitReason,
    PackageManifest,
    PageKey,
    Platform,
)
from appshare.app_download.package_files import IncomingFile, PackageFiles, StoredFile
from appshare.app_download.package_reader import PackageRefused, ReadingLimits, RefusalReason, read_package
from appshare.app_download.signer_pin import is_trusted
from appshare.app_download.store import CatalogueStore

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


class Catalogue:
    """The packages of one cloud.

    Args:
        max_package_size: bytes that a package may have.
    """

    def __init__(
        self, store: CatalogueStore, files: PackageFiles, *, max_package_size: int, limits: ReadingLimits
    ) -> None:
        self._store = store
        self._files = files
        self._max_package_size = max_package_size
        self._limits = limits
        self._reading = asyncio.Semaphore(_READ_AT_ONCE)
        # A file and its row come and go together: an addition never meets the removal of the same package.
        self._changing = asyncio.Lock()

    async def add(self, announced: AnnouncedFile, content: AsyncIterator[bytes]) -> tuple[Artifact, bool]:
        """Stores a package; returns it, and whether it was there before, in which case the content is not read.

        Raises:
            errors.InvalidArgumentError: PACKAGE_* or UPLOAD_MISMATCH; nothing is stored.
            errors.UnavailableError: STORAGE_UNAVAILABLE; nothing is stored.
        """
        if announced.size > self._max_package_size:
            raise errors.InvalidArgumentError(
                errors.Reason.PACKAGE_TOO_LARGE, f"a package has at most {self._max_package_size} bytes"
            )
        if present := await self._store.find(announced.sha256):
            return present, True
        async with self._files.incoming() as file:
            await _receive(announced, content, file)
            manifest = await self._read(file.path)
            artifact = Artifact(
                sha256=announced.sha256, size=announced.size, file_name=announced.name, manifest=manifest
            )
            async with self._changing:
                _require_trusted(manifest, await self._store.packages_of(manifest.package_name))
                await self._files.keep(file)
                await self._store.add(artifact)
        return artifact, False

    async def remove(self, sha256: str) -> None:
        """Removes a package; a download of it that is under way completes.

        Raises:
            errors.NotFoundError: PACKAGE_NOT_FOUND.
        """
        async with self._changing:
            if not await self._store.remove(sha256):
                raise errors.NotFoundError(
                    errors.Reason.PACKAGE_NOT_FOUND,
                    "the catalogue has no such package; list them for their ids",
                )
            await self._files.remove(sha256)

    async def page(self, package_name: str, after: PageKey | None, size: int) -> list[Artifact]:
        """Packages by name, newest version first; of one app, or of all when `package_name` is empty."""
        return await self._store.page(package_name, after, size)

    async def match(self, package_name: str, profile: DeviceProfile) -> Fit | NoFit | AppStoreLink:
        """Which build of an app fits a device.

        Raises:
            InvalidProfile: the profile holds a value that no device can have.
        """
        profile.validate()
        packages = await self._store.packages_of(package_name)
        if profile.platform is Platform.IOS:
            link = await self._store.app_store_link(package_name)
            return AppStoreLink(link) if link else _not_for_ios(packages)
        return choose(profile, packages)

    async def set_app_store_link(self, package_name: str, url: str) -> None:
        """Sets the App Store link of an app; an empty one removes it."""
        await self._store.set_app_store_link(package_name, url)

    def open(self, artifact: Artifact) -> AbstractAsyncContextManager[StoredFile]:
        """Opens the bytes of a package.

        Raises:
            errors.DataLossError: PACKAGE_CORRUPT, when entering.
        """
        return self._files.open(artifact.sha256, artifact.size)

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


def _require_trusted(manifest: PackageManifest, present: Sequence[Artifact]) -> None:
    if is_trusted(manifest, present):
        return
    pinned = present[0].manifest.signer_sha256
    raise errors.InvalidArgumentError(
        errors.Reason.PACKAGE_SIGNER_CHANGED,
        f"signed by {manifest.signer_sha256}, but the catalogue has {manifest.package_name} by {pinned}; if that is"
        " right, remove the old packages first",
        metadata={"signer_sha256": manifest.signer_sha256, "pinned_sha256": pinned},
    )


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


def _not_for_ios(packages: list[Artifact]) -> NoFit:
    if packages:
        reason = NoFitReason(NoFitKind.PLATFORM, "made for Android; no App Store link is known", ("ios",), ("android",))
    else:
        reason = NoFitReason(NoFitKind.NOT_IN_CATALOGUE, "no App Store link of this app is known")
    return NoFit((reason,))
