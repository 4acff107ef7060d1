"""How an upstream's index is brought up to date: fetched, verified, put beside, and only then used."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from appshare import errors
from appshare.app_download.leases import UPSTREAMS, Leases
from appshare.app_download.metrics import UPSTREAM_REFRESHES
from appshare.app_download.package_files import IncomingFile, PackageFiles
from appshare.app_download.upstreams import refusals
from appshare.app_download.upstreams.index_reader import IndexLimits, IndexRefused, read_apps, read_signed_entry
from appshare.app_download.upstreams.model import Accepted, Entry, Health, ListedApp, Source, Upstream
from appshare.app_download.upstreams.store import UpstreamStore
from appshare.app_download.upstreams.web import SmallFile, TooMuch, Unchanged, Web, WebTrouble
from appshare.process.clock import Clock

ENTRY_JAR = "entry.jar"

_ENTRY_JAR_LIMIT = 1 << 20
_APPS_AT_ONCE = 200
"""That go into the store in one step."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a refresh is.

    Attributes:
        bytes_total: of the index; 0: not known yet.
        apps_read: put beside so far.
    """

    bytes_done: int
    bytes_total: int
    apps_read: int


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What came of a refresh."""

    accepted: Accepted
    changed: bool


Tell = Callable[[Progress], Awaitable[None]]


async def tell_nobody(_progress: Progress) -> None:
    """For a refresh that nobody watches."""


class Refresher:
    """Brings upstreams up to date.

    Args:
        files: where an index lies while it is read.
        index_limit: bytes that an index may have.
    """

    def __init__(
        self,
        store: UpstreamStore,
        web: Web,
        files: PackageFiles,
        clock: Clock,
        *,
        index_limit: int,
        leases: Leases,
    ) -> None:
        self._store = store
        self._web = web
        self._files = files
        self._clock = clock
        self._index_limit = index_limit
        self._leases = leases

    async def refresh(self, name: str, tell: Tell = tell_nobody) -> Refreshed:
        """Fetches what has changed; how it went is kept, whatever happens.

        Raises:
            errors.NotFoundError: UPSTREAM_NOT_FOUND.
            errors.DataLossError: UPSTREAM_*, when what is published is not to be used; the index in use stays.
            errors.UnavailableError: UPSTREAM_UNREACHABLE, or STORAGE_UNAVAILABLE.
        """
        # One at a time: each puts an index beside, and what is beside for nothing goes before the next.
        async with self._leases.held(UPSTREAMS):
            upstream = await self._find(name)
            try:
                refreshed = await self._refresh(upstream, tell)
            except errors.AppShareError as error:
                UPSTREAM_REFRESHES.labels(outcome="failed").inc()
                _log.warning("upstream not refreshed", upstream=name, reason=error.reason)
                await self._store.record(name, self._failed(upstream.health, error))
                raise
        UPSTREAM_REFRESHES.labels(outcome="changed" if refreshed.changed else "unchanged").inc()
        return refreshed

    async def _find(self, name: str) -> Upstream:
        for upstream in await self._store.upstreams():
            if upstream.source.name == name:
                return upstream
        raise refusals.not_found(name)

    async def _refresh(self, upstream: Upstream, tell: Tell) -> Refreshed:
        source, known = upstream.source, upstream.accepted
        jar = await self._entry_jar(source, known)
        if isinstance(jar, Unchanged):
            return await self._confirm(upstream, known.etag)
        entry = await self._verified(source, jar.content)
        if entry.timestamp < known.timestamp:
            raise refusals.rolled_back()
        if entry.index_sha256 == known.index_sha256:
            return await self._confirm(upstream, jar.etag)
        if entry.index_size > self._index_limit:
            raise refusals.too_large("the index", self._index_limit)
        accepted = await self._take(source, entry, jar.etag, tell)
        return Refreshed(accepted, changed=True)

    async def _entry_jar(self, source: Source, known: Accepted) -> SmallFile | Unchanged:
        try:
            return await self._web.read(source.addresses, ENTRY_JAR, _ENTRY_JAR_LIMIT, known.etag)
        except WebTrouble as trouble:
            raise refusals.unreachable(str(trouble)) from None
        except TooMuch:
            raise refusals.too_large(ENTRY_JAR, _ENTRY_JAR_LIMIT) from None

    async def _verified(self, source: Source, jar: bytes) -> Entry:
        async with self._files.incoming() as file:
            await file.write(jar)
            try:
                return await read_signed_entry(file.path, source.fingerprint, IndexLimits())
            except IndexRefused as refused:
                raise refusals.refused(refused) from None

    async def _confirm(self, upstream: Upstream, etag: str) -> Refreshed:
        await self._store.confirm(upstream.source.name, Health(checked_at=self._clock()), etag)
        return Refreshed(replace(upstream.accepted, etag=etag), changed=False)

    async def _take(self, source: Source, entry: Entry, etag: str, tell: Tell) -> Accepted:
        async with self._files.incoming() as file:
            await self._fetch(source, entry, file, tell)
            index = await self._store.begin_index()
            counted = await self._put_beside(index, file.path, entry, tell)
        accepted = replace(counted, timestamp=entry.timestamp, index_sha256=entry.index_sha256, etag=etag)
        if not await self._store.accept(source.name, index, accepted, Health(checked_at=self._clock())):
            raise refusals.not_found(source.name)
        return accepted

    async def _fetch(self, source: Source, entry: Entry, file: IncomingFile, tell: Tell) -> None:
        async def write(data: bytes) -> None:
            await file.write(data)
            await tell(Progress(file.size, entry.index_size, 0))

        try:
            await self._web.fetch(source.addresses, entry.index_path, entry.index_size, write)
        except WebTrouble as trouble:
            raise refusals.unreachable(str(trouble)) from None
        except TooMuch:
            raise refusals.not_as_listed("size") from None
        if file.sha256 != entry.index_sha256:
            raise refusals.not_as_listed("SHA-256")

    async def _put_beside(self, index: int, path: Path, entry: Entry, tell: Tell) -> Accepted:
        """Puts the apps of an index beside; returns how many there are."""
        apps = versions = skipped = 0
        waiting: list[ListedApp] = []
        try:
            async for app, left_out in read_apps(path, IndexLimits()):
                skipped += left_out
                if not app.versions:
                    continue
                apps, versions = apps + 1, versions + len(app.versions)
                waiting.append(app)
                if len(waiting) == _APPS_AT_ONCE:
                    await self._store.put_apps(index, waiting)
                    waiting = []
                    await tell(Progress(entry.index_size, entry.index_size, apps))
        except IndexRefused as refused:
            raise refusals.refused(refused) from None
        await self._store.put_apps(index, waiting)
        return Accepted(apps=apps, versions=versions, skipped=skipped)

    def _failed(self, before: Health, error: errors.AppShareError) -> Health:
        return Health(
            checked_at=self._clock(), failures=before.failures + 1, reason=error.reason, message=error.message
        )
