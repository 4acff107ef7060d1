"""Runs server processes as children: a crashed one is started again, all are stopped together."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

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


class Supervised:
    """One child while it is supervised."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._process: Process | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Starts the child and returns when it says that it is ready.

        Raises:
            StartError: it ended or did not become ready in time.
        """
        self._process = await self._spawn()
        await self._until_ready(self._process)
        self._task = asyncio.create_task(self._keep_running())

    async def stop(self) -> None:
        """Stops the child gracefully, by force when it takes too long."""
        if self._task:
            self._task.cancel()
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_LIMIT)
        except TimeoutError:
            _log.warning("killed", child=self._child.name)
            process.kill()
            await process.wait()

    async def _keep_running(self) -> None:
        pause = _FIRST_PAUSE
        while self._process is not None:
            started = time.monotonic()
            code = await self._process.wait()
            pause = _FIRST_PAUSE if time.monotonic() - started > _STABLE else min(pause * 2, _LONGEST_PAUSE)
            _log.error("crashed", child=self._child.name, exit_code=code, restart_in_seconds=pause)
            await asyncio.sleep(pause)
            self._process = await self._spawn()

    async def _spawn(self) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "appshare.server",
            self._child.name,
            *self._child.arguments,
            stdin=PIPE,
            stdout=PIPE,
            env={**supervised_environment(), **self._child.environment},
            # Ctrl-C goes to the supervisor alone, which then stops the children in order.
            start_new_session=True,
        )

    async def _until_ready(self, process: Process) -> None:
        """Waits for the one line that the child writes."""
        if process.stdout is None:
            raise RuntimeError("the child has no standard output")
        try:
            async with asyncio.timeout(_START_LIMIT):
                if await process.stdout.readline():
                    return
                code = await process.wait()
        except TimeoutError:
            raise StartError(f"{self._child.name} did not become ready within {_START_LIMIT:.0f} seconds") from None
        raise StartError(f"{self._child.name} ended with exit code {code}; see its message above")
