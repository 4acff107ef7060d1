"""What an operator does with upstreams: adds, lists, refreshes and removes them."""

import re
from collections.abc import Sequence

from appshare.app_download.upstreams import refusals
from appshare.app_download.upstreams.kept import KeptPackages, KeptState
from appshare.app_download.upstreams.model import FoundApp, Source, Upstream
from appshare.app_download.upstreams.refresh import Refresher, Tell
from appshare.app_download.upstreams.schedule import Schedule
from appshare.app_download.upstreams.store import UpstreamStore

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
FINGERPRINT = re.compile(r"[0-9a-f]{64}")


class Upstreams:
    """The repositories of one cloud."""

    def __init__(self, store: UpstreamStore, refresher: Refresher, schedule: Schedule, kept: KeptPackages) -> None:
        self._store = store
        self._refresher = refresher
        self._schedule = schedule
        self._kept = kept

    async def add(self, source: Source, tell: Tell) -> Upstream:
        """Adds a repository and reads its index; one that cannot be read is not added.

        Raises:
            errors.AlreadyExistsError: UPSTREAM_EXISTS.
            errors.DataLossError: UPSTREAM_*, when it is not what the fingerprint's owner has signed.
            errors.UnavailableError: UPSTREAM_UNREACHABLE, or STORAGE_UNAVAILABLE.
        """
        if not await self._store.add(source):
            raise refusals.exists(source.name)
        try:
            await self._refresher.refresh(source.name, tell)
        except BaseException:
            await self._store.remove(source.name)
            raise
        self._schedule.wake()
        return await self._find(source.name)

    async def all(self) -> list[Upstream]:
        """The repositories, in the order in which they are searched."""
        return await self._store.upstreams()

    async def refresh(self, name: str, tell: Tell) -> tuple[Upstream, bool]:
        """Fetches what has changed; returns the repository, and whether it has changed.

        Raises:
            errors.NotFoundError: UPSTREAM_NOT_FOUND.
            errors.DataLossError: UPSTREAM_*, when what is published is not to be used; the index in use stays.
            errors.UnavailableError: UPSTREAM_UNREACHABLE, or STORAGE_UNAVAILABLE.
        """
        refreshed = await self._refresher.refresh(name, tell)
        self._schedule.wake()
        return await self._find(name), refreshed.changed

    async def remove(self, name: str) -> None:
        """Removes a repository; the packages that came from it stay in the catalogue.

        Raises:
            errors.NotFoundError: UPSTREAM_NOT_FOUND.
        """
        if not await self._store.remove(name):
            raise refusals.not_found(name)

    async def kept(self) -> KeptState:
        """How much is kept of what came from upstreams."""
        return await self._kept.state()

    async def search(self, words: Sequence[str], size: int) -> list[FoundApp]:
        """Apps of the catalogue, then of the upstreams, whose names hold all of the words (in one case)."""
        return await self._store.search(words, size)

    async def _find(self, name: str) -> Upstream:
        for upstream in await self._store.upstreams():
            if upstream.source.name == name:
                return upstream
        raise refusals.not_found(name)
