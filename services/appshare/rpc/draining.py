"""How the streams of a server end when it stops: at once, and in words that have their readers go on elsewhere."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from appshare import errors
from appshare.rpc.waiting import is_set_within
from appshare.rpc.watch import HEALTH_PREFIX

_TOLD_WITHIN = 1.0
"""Seconds in which whoever watches health is told that it does not serve any more, and may leave by themselves."""


class Stream:
    """A stream that runs in a task of its own."""

    __slots__ = ("_is_drained", "_is_writing", "_task")

    def __init__(self, task: "asyncio.Task[object] | None") -> None:
        self._task = task
        self._is_writing = False
        self._is_drained = False

    @property
    def is_drained(self) -> bool:
        """Whether it is to end."""
        return self._is_drained

    def begin_message(self) -> None:
        """A message is being written: it is not cut, but the last one."""
        self._is_writing = True

    def end_message(self) -> None:
        """The message is written.

        Raises:
            errors.UnavailableError: SERVICE_STOPPING.
        """
        self._is_writing = False
        if self._is_drained:
            raise stopping()

    def drain(self) -> None:
        """Ends it: after the message that is being written, or else at once."""
        self._is_drained = True
        if not self._is_writing and self._task:
            self._task.cancel()


class Draining:
    """The streams of a server."""

    def __init__(self) -> None:
        self._streams: set[Stream] = set()
        self._health: set[Stream] = set()
        self._no_health = asyncio.Event()
        self._begun = False

    async def drain(self) -> None:
        """Ends all streams, and those that come; those of health a moment later."""
        self._begun = True
        for stream in self._streams:
            stream.drain()
        if self._health:
            await is_set_within(self._no_health, _TOLD_WITHIN)
        for stream in self._health:
            stream.drain()

    @contextmanager
    def running(self, method: str) -> Iterator[Stream]:
        """A stream of a method while the context is open, which the current task runs.

        Raises:
            errors.UnavailableError: SERVICE_STOPPING, when the server stops meanwhile.
        """
        if self._begun:
            raise stopping()
        task = asyncio.current_task()
        stream = Stream(task)
        kept = self._health if method.startswith(HEALTH_PREFIX) else self._streams
        kept.add(stream)
        try:
            yield stream
        except asyncio.CancelledError:
            if not stream.is_drained:
                raise  # the caller has given up
            if task:
                task.uncancel()
            raise stopping() from None
        finally:
            kept.discard(stream)
            if self._begun and not self._health:
                self._no_health.set()


def stopping() -> errors.UnavailableError:
    """The end of a stream when the process stops."""
    return errors.UnavailableError(
        errors.Reason.SERVICE_STOPPING, "this copy of the service stops; open the stream again, where it was"
    )
