"""Leases in PostgreSQL: rows with a holder and an end, which the holder puts off while it goes on."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from appshare import errors
from appshare.app_download.leases import LocalLeases
from appshare.bus.bus import Bus, NoBus
from appshare.postgresql.database import Database
from appshare.process.lifetime import in_background

_FREE = "lease-free"
"""Topic between the copies; its keys are names."""
_LENGTH = 20.0
"""Seconds after which the lease of a copy that is gone is free."""
_RENEWAL = 5.0
"""Seconds between two renewals."""
_LOOK_AGAIN = 0.25
"""Seconds between two looks at a name that another copy holds."""


class PostgresqlLeases:
    """`Leases` of all copies on one schema; the database's clock counts.

    Within this process, who waits for a name does so in memory: one of them at a time asks the database.

    Args:
        bus: tells other copies that a name is free; None: they find out.
    """

    def __init__(self, database: Database, bus: Bus | None = None) -> None:
        self._database = database
        self._bus = bus or NoBus()
        self._here = LocalLeases()
        self._told = asyncio.Event()
        self._bus.subscribe(_FREE, lambda _names: self._told.set())

    @asynccontextmanager
    async def held(self, name: str) -> AsyncIterator[None]:
        """Holds a name while the context is open; waits until nobody else does."""
        async with self._here.held(name):
            holder = secrets.token_hex(16)
            while not await self._take(name, holder):
                await self.changed()
            async with self._renewed(name, holder):
                yield

    @asynccontextmanager
    async def tried(self, name: str) -> AsyncIterator[bool]:
        """Holds a name while the context is open, unless another does: False."""
        async with self._here.tried(name) as first_here:
            holder = secrets.token_hex(16)
            if not first_here or not await self._take(name, holder):
                yield False
                return
            async with self._renewed(name, holder):
                yield True

    async def changed(self) -> None:
        """Returns when a name that another copy holds may be free."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_AGAIN):
                await self._told.wait()
        self._told.clear()

    async def _take(self, name: str, holder: str) -> bool:
        taken = await self._database.read(
            "INSERT INTO leases (name, holder, expires) VALUES ($1, $2, now() + make_interval(secs => $3))"
            " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires = excluded.expires"
            " WHERE leases.expires < now() RETURNING name",
            *(name, holder, _LENGTH),
        )
        return bool(taken)

    @asynccontextmanager
    async def _renewed(self, name: str, holder: str) -> AsyncIterator[None]:
        """Keeps a lease while the context is open; gives it back in the end.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE, in the context, when the lease could not be renewed: it ends
                before another copy may take the name.
        """
        try:
            async with asyncio.timeout(_LENGTH) as deadline, in_background(self._keep(name, holder, deadline)):
                yield
        except TimeoutError:
            if not deadline.expired():
                raise
            raise errors.UnavailableError(
                errors.Reason.STORAGE_UNAVAILABLE, "the database could not be reached for too long; try again shortly"
            ) from None
        finally:
            with suppress(errors.UnavailableError):  # it runs out by itself
                await self._database.read("DELETE FROM leases WHERE name = $1 AND holder = $2", name, holder)
                self._bus.publish(_FREE, [name])

    async def _keep(self, name: str, holder: str, deadline: asyncio.Timeout) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(_RENEWAL)
            asked_at = clock()
            with suppress(errors.UnavailableError):  # the next renewal comes, or the deadline
                renewed = await self._database.read(
                    "UPDATE leases SET expires = now() + make_interval(secs => $3) WHERE name = $1 AND holder = $2"
                    " RETURNING name",
                    *(name, holder, _LENGTH),
                )
                deadline.reschedule(asked_at + _LENGTH if renewed else clock())
