"""What is kept of upstreams has a bound: packages that were asked for longest ago make room, an operator's never do."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import structlog

from appshare import errors
from appshare.app_download.catalogue import Catalogue
from appshare.app_download.leases import ROOM, Leases, LocalLeases
from appshare.app_download.metrics import UPSTREAM_REMOVALS
from appshare.app_download.package import Package
from appshare.app_download.package_files import IncomingFile
from appshare.app_download.upstreams.store import UpstreamStore
from appshare.process.clock import Clock

_WRITE_INTERVAL = 60.0
"""Seconds after which the store learns what was asked for."""
_MOST_NOTED = 10_000
"""Packages that are noted between two writes."""
_AT_ONCE = 100
"""Packages that are looked at together when room is needed."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class KeptState:
    """What is kept of upstreams.

    Attributes:
        size: bytes of the packages together.
        limit: bytes that they may have; 0: no bound.
    """

    packages: int
    size: int
    limit: int


class KeptPackages:
    """The packages that came from upstreams and that no operator has added or made a row for.

    Removing one costs nobody anything but time: a download under way completes, and the next one fetches it again.

    Args:
        limit: bytes that they may have together; 0: no bound.
    """

    def __init__(
        self,
        store: UpstreamStore,
        catalogue: Catalogue,
        clock: Clock,
        *,
        limit: int,
        leases: Leases | None = None,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._limit = limit
        self._asked: set[str] = set()
        self._leases = leases or LocalLeases()

    def asked_for(self, digests: Iterable[str]) -> None:
        """Notes that files were asked for."""
        if len(self._asked) < _MOST_NOTED:
            self._asked.update(digests)

    async def keep(self, package: Package, file: IncomingFile) -> None:
        """Takes a package into the catalogue; raises as that does."""
        await self._catalogue.keep(package, [file], fetched_at=self._clock())

    async def state(self) -> KeptState:
        """How much is kept."""
        packages, size = await self._store.kept()
        return KeptState(packages, size, self._limit)

    async def make_room(self, newest: str = "") -> None:
        """Removes packages until the others are within the bound.

        Args:
            newest: a package that stays whatever its size: somebody has just asked for it.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE; what is too much stays until the next time.
        """
        async with self._leases.held(ROOM):
            await self._write()
            while self._limit and (excess := (await self.state()).size - self._limit) > 0:
                removed = 0
                for package_id, size in await self._store.asked_longest_ago(_AT_ONCE):
                    if excess > 0 and package_id != newest and await self._catalogue.remove_fetched(package_id):
                        removed, excess = removed + 1, excess - size
                UPSTREAM_REMOVALS.inc(removed)
                _log.info("packages of upstreams made room", removed=removed)
                if not removed:
                    return

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keeps to the bound while the context is open; what was asked for is written in the end."""
        task = asyncio.create_task(self._keep_within_bound())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            with suppress(errors.UnavailableError):  # they look a little older than they are
                await self._write()

    async def _keep_within_bound(self) -> None:
        while True:
            with suppress(errors.UnavailableError):  # the next round comes
                await self.make_room()
            await asyncio.sleep(_WRITE_INTERVAL)

    async def _write(self) -> None:
        if self._asked:
            asked, self._asked = self._asked, set()
            await self._store.note_asked(asked, self._clock())
