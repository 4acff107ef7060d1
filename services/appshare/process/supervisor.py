"""Runs server processes as children: a crashed one is started again, all are stopped together."""

import asyncio
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import structlog

from appshare.process.forking.forks import Fork, Forks, HostProgram
from appshare.process.lifetime import supervised_environment

_log = structlog.get_logger(__name__)

_START_LIMIT = 60.0
"""Seconds in which a child must become ready for the first time."""
_STOP_LIMIT = 30.0
"""Seconds that a child has to stop: more than its calls have."""
_FIRST_PAUSE, _LONGEST_PAUSE, _STABLE = 0.2, 10.0, 30.0
"""Seconds before a crashed child is started again: doubled each time, until it has lived long enough."""


class StartError(OSError):
    """A child did not come up."""


@dataclass(frozen=True)
class Child:
    """A process to supervise.

    Attributes:
        name: its command of `appshare-server`.
        arguments: what follows the command.
        environment: variables that it has besides ours.
    """

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def child_host(names: Iterable[str]) -> Iterator[Forks]:
    """A host that has loaded commands of `appshare-server`; it ends when the last of its children has."""
    program = ["-m", "appshare.server.child_host", *names]
    forks = Forks(HostProgram(program, environment=supervised_environment()))
    try:
        yield forks
    finally:
        forks.end()


class Supervised:
    """One child while it is supervised.

    Args:
        host: forks it; has loaded its command.
    """

    def __init__(self, child: Child, host: Forks) -> None:
        self._child = child
        self._host = host
        self._running: _Running | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Starts the child and returns when it says that it is ready.

        Raises:
            StartError: it ended or did not become ready in time.
        """
        self._running = await _Running.start(self._child, self._host)
        await self._until_ready(self._running.fork)
        self._task = asyncio.create_task(self._keep_running())

    async def stop(self) -> None:
        """Stops the child gracefully, by force when it takes too long."""
        if self._task:
            self._task.cancel()
        if self._running is None:
            return
        self._running.tell_to_stop()
        try:
            await asyncio.wait_for(self._running.ended(), _STOP_LIMIT)
        except TimeoutError:
            _log.warning("killed", child=self._child.name)
        await self._running.close()

    async def _keep_running(self) -> None:
        pause = _FIRST_PAUSE
        while self._running is not None:
            started = time.monotonic()
            code = await self._running.ended()
            await self._running.close()
            pause = _FIRST_PAUSE if time.monotonic() - started > _STABLE else min(pause * 2, _LONGEST_PAUSE)
            _log.error("crashed", child=self._child.name, exit_code=code, restart_in_seconds=pause)
            await asyncio.sleep(pause)
            with suppress(OSError):  # the host has just ended too, or the system is short of something: once more
                self._running = await _Running.start(self._child, self._host)

    async def _until_ready(self, fork: Fork) -> None:
        """Waits for the one line that the child writes."""
        try:
            async with asyncio.timeout(_START_LIMIT):
                async for _ in fork.chunks():
                    return
                code = await fork.exit_code()
        except TimeoutError:
            raise StartError(f"{self._child.name} did not become ready within {_START_LIMIT:.0f} seconds") from None
        raise StartError(f"{self._child.name} ended with exit code {code}; see its message above")


class _Running:
    """A child from its start to its end.

    Args:
        lifeline: the pipe on its standard input; it stops when that ends, also because we have been killed.
    """

    def __init__(self, fork: Fork, lifeline: int) -> None:
        self.fork = fork
        self._lifeline: int | None = lifeline

    @classmethod
    async def start(cls, child: Child, host: Forks) -> "_Running":
        its_end, lifeline = os.pipe()
        request = {"command": [child.name, *child.arguments], "environment": dict(child.environment)}
        try:
            return cls(await host.fork(its_end, request), lifeline)
        except BaseException:
            os.close(lifeline)
            raise
        finally:
            os.close(its_end)

    async def ended(self) -> int | None:
        """Waits until it has; the exit code, None: the system has started no process."""
        try:
            return await self.fork.exit_code()
        except OSError:
            return None

    def tell_to_stop(self) -> None:
        if self._lifeline is not None:
            os.close(self._lifeline)
        self._lifeline = None

    async def close(self) -> None:
        """Ends it by force, if it has not ended."""
        self.tell_to_stop()
        await self.fork.close()
