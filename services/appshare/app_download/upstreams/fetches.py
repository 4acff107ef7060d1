"""Packages that come from upstreams: each is fetched once, however many ask, and kept only when it is as listed."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, replace

import structlog

from appshare import errors
from appshare.app_download.catalogue import Catalogue
from appshare.app_download.file_storage import StoredFile
from appshare.app_download.leases import Leases, fetch_of
from appshare.app_download.metrics import UPSTREAM_BYTES, UPSTREAM_FETCHES
from appshare.app_download.model import PackageManifest
from appshare.app_download.package import Package
from appshare.app_download.package_files import IncomingFile, PackageFiles
from appshare.app_download.package_reader import PackageRefused, ReadingLimits, read_package
from appshare.app_download.upstreams import refusals
from appshare.app_download.upstreams.fetched_file import FetchedFile
from appshare.app_download.upstreams.kept import KeptPackages
from appshare.app_download.upstreams.model import Offer
from appshare.app_download.upstreams.store import UpstreamStore
from appshare.app_download.upstreams.web import TooMuch, Web, WebTrouble

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What fetches keep to.

    Attributes:
        package_size: bytes that a package may have.
        at_once: fetches that run at the same time; others wait.
    """

    package_size: int
    at_once: int


class Fetches:
    """The files of packages: those of the catalogue, and those that upstreams offer, as they come in.

    A fetch goes on when all who asked for it have left: what it has cost would be lost, and the next one asks again.

    Args:
        leases: by which one copy of the service fetches a package and the others wait for it.
    """

    def __init__(
        self,
        store: UpstreamStore,
        web: Web,
        catalogue: Catalogue,
        files: PackageFiles,
        kept: KeptPackages,
        leases: Leases,
        limits: FetchLimits,
    ) -> None:
        self._store = store
        self._web = web
        self._catalogue = catalogue
        self._files = files
        self._kept = kept
        self._leases = leases
        self._size_limit = limits.package_size
        self._room = asyncio.Semaphore(limits.at_once)
        self._running: dict[str, FetchedFile] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def held(self, digests: Collection[str]) -> AbstractAsyncContextManager[None]:
        """Stored files that are needed until the context ends: one that is removed meanwhile goes only then."""
        return self._files.held(digests)

    @asynccontextmanager
    async def open(self, sha256: str, size: int) -> AsyncIterator[StoredFile]:
        """Opens a file for reading: of a package of the catalogue, else as an upstream sends it.

        Raises:
            errors.DataLossError: PACKAGE_CORRUPT, when a stored file is missing or has another size.
        """
        offer = await self._store.offer(sha256)
        if offer is None or await self._catalogue.find(sha256):
            async with self._files.open(sha256, size) as stored:
                yield stored
            return
        with self._fetch(offer).reading() as fetched:
            if await fetched.comes_in_here():
                yield fetched
                return
        async with self._files.open(sha256, size) as stored:
            yield stored

    async def fetch(self, offer: Offer) -> None:
        """Takes a package into the catalogue.

        Raises:
            errors.DataLossError: UPSTREAM_PACKAGE_MISMATCH; nothing is kept.
            errors.UnavailableError: UPSTREAM_UNREACHABLE or STORAGE_UNAVAILABLE; nothing is kept.
        """
        with self._fetch(offer).reading() as fetched:
            await fetched.verified()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Fetches while the context is open; what is under way then is given up."""
        try:
            yield
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _fetch(self, offer: Offer) -> FetchedFile:
        """The fetch that runs already, or a new one."""
        sha256 = offer.artifact.sha256
        if running := self._running.get(sha256):
            return running
        fetched = self._running[sha256] = FetchedFile(offer.artifact.size)
        task = asyncio.create_task(self._run(offer, fetched))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return fetched

    async def _run(self, offer: Offer, fetched: FetchedFile) -> None:
        """A whole fetch; who reads is told how it ends, however it does."""
        failure: errors.AppShareError | None = refusals.unreachable("the server stops")
        try:
            await self._take_once(offer, fetched)
            failure = None
        except errors.AppShareError as error:
            failure = error
            _log.warning("package not fetched", upstream=offer.source.name, reason=error.reason)
        except Exception:
            failure = errors.InternalError(errors.Reason.INTERNAL, "a defect of the service; its log tells more")
            _log.exception("package not fetched", upstream=offer.source.name)
        finally:
            del self._running[offer.artifact.sha256]
            if failure or fetched.is_followed:
                UPSTREAM_FETCHES.labels(outcome="failed" if failure else "kept").inc()
            await fetched.end(failure)
        if failure is None:
            with suppress(errors.UnavailableError):  # what is too much goes the next time
                await self._kept.make_room(offer.artifact.sha256)

    async def _take_once(self, offer: Offer, fetched: FetchedFile) -> None:
        """Takes a package in, unless another copy of the service does so: then waits for what comes of that."""
        sha256 = offer.artifact.sha256
        while True:
            async with self._room, self._leases.tried(fetch_of(sha256)) as ours:
                if ours:
                    if await self._catalogue.find(sha256) is None:
                        await self._take(offer, fetched)
                    return
            await self._leases.changed()

    async def _take(self, offer: Offer, fetched: FetchedFile) -> None:
        if offer.artifact.size > self._size_limit:
            raise refusals.too_large("a package", self._size_limit)
        async with self._files.incoming() as file:
            await fetched.follow(file)
            await self._receive(offer, file, fetched)
            manifest = await self._read(offer, file)
            await self._keep(offer, manifest, file)

    async def _receive(self, offer: Offer, file: IncomingFile, fetched: FetchedFile) -> None:
        async def write(data: bytes) -> None:
            await file.write(data)
            UPSTREAM_BYTES.inc(len(data))
            await fetched.grown()

        artifact = offer.artifact
        try:
            await self._web.fetch(offer.source.addresses, offer.path, artifact.size, write)
        except WebTrouble as trouble:
            raise refusals.unreachable(str(trouble)) from None
        except TooMuch:
            raise refusals.package_refused("it is longer", "SIZE") from None
        if file.sha256 != artifact.sha256:
            raise refusals.package_refused("it has another SHA-256", "SHA256")

    async def _read(self, offer: Offer, file: IncomingFile) -> PackageManifest:
        """What the package says of itself, which has to be what the index says of it."""
        listed = offer.artifact.manifest
        try:
            manifest = await read_package(file.path, ReadingLimits())
        except PackageRefused as refused:
            raise refusals.package_refused(refused.message, refused.reason) from None
        if manifest.package_name != listed.package_name or manifest.split_name:
            raise refusals.package_refused("it is another app", "PACKAGE_NAME")
        if manifest.version_code != listed.version_code:
            raise refusals.package_refused("it is another version", "VERSION_CODE")
        if manifest.signer_sha256 != listed.signer_sha256:
            raise refusals.package_refused("it has another signer", "SIGNER")
        return manifest

    async def _keep(self, offer: Offer, manifest: PackageManifest, file: IncomingFile) -> None:
        package = Package(package_id=offer.artifact.sha256, build=replace(offer.artifact, manifest=manifest))
        try:
            await self._kept.keep(package, file)
        except errors.InvalidArgumentError as refused:
            raise refusals.package_refused(refused.message, refused.reason) from None
