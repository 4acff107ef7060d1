"""How long a process lives: until it is told to stop, or whoever started it is gone."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog

_SUPERVISED = "APPSHARE_SUPERVISED"
_ENDING = 5.0
"""Seconds that something in the background has to end."""

_log = structlog.get_logger(__name__)


def supervised_environment() -> dict[str, str]:
    """The environment for a child that shall stop when its standard input, a pipe of ours, ends."""
    return {**os.environ, _SUPERVISED: "1"}


def tell_ready() -> None:
    """Says to the supervisor, if there is one, that the process serves."""
    if os.environ.get(_SUPERVISED):
        print("ready", flush=True)  # noqa: T201  # read by the supervisor; the log goes to standard error


async def until_stopped() -> None:
    """Waits for SIGTERM or SIGINT; in a supervised process also for the end of its supervisor."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    if os.environ.get(_SUPERVISED):
        # The pipe ends with the supervisor, also when that is killed.
        loop.add_reader(sys.stdin.fileno(), stopped.set)
    await stopped.wait()
    _log.info("stopping")


@asynccontextmanager
async def in_background(act: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs something beside what is done while the context is open; a defect that ends it is logged.

    It is told to end until it does: libraries wait for tasks of their own, and take the end of these for ours.
    """
    task = asyncio.create_task(act)
    task.add_done_callback(_log_defect)
    try:
        yield
    finally:
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=_ENDING)


def _log_defect(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        _log.error("a task in the background has failed", error=type(error).__name__)
