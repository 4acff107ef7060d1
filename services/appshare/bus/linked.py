"""A bus over a server that may go and come back: what is published meanwhile waits, what others publish is lost."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Set
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeAlias

import structlog
from prometheus_client import Counter, Gauge

from appshare.bus.bus import Handler
from appshare.bus.outbox import Outbox, read_message

_GATHER = 0.002
"""Seconds in which keys are gathered into one message: a push to many friends is one."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
"""Seconds before the server is looked for again: doubled each time, and drawn, so that copies do not come at once."""

_GAP_PAUSE = 5.0
"""Seconds between two times that a topic's subscribers look at everything: many copies may lose the server at once."""

_UNCERTAIN = 60.0
"""Seconds in which a connection is found to be gone: what was sent in them before that may not have arrived."""

_CONNECTED = Gauge("appshare_bus_connected", "1 while the process hears from the other copies, else 0.")
_SENT = Counter("appshare_bus_messages_sent_total", "Messages to the other copies, of many keys each.")
_RECEIVED = Counter("appshare_bus_messages_received_total", "Messages from the other copies, of many keys each.")

_log = structlog.get_logger(__name__)


class LinkBrokenError(Exception):
    """The server is gone, or was not there. It says in a word what happened, never an address or a password."""


class Link(Protocol):
    """One connection to the server, until it breaks. Its methods raise `LinkBrokenError`."""

    @property
    def is_broken(self) -> bool:
        """Whether it has broken; `Wake` is called when that happens."""

    async def listen(self, topic: str) -> None:
        """Has the messages of a topic delivered that other connections send; when it returns, none is missed."""

    async def send(self, topic: str, message: str) -> None:
        """Sends a message to all others that listen."""


Deliver: TypeAlias = Callable[[str, str], None]
"""Takes a topic and a message that has come."""
Wake: TypeAlias = Callable[[], None]
"""Says that the link has broken."""
OpenLink: TypeAlias = Callable[[Deliver, Wake], AbstractAsyncContextManager[Link]]
"""Connects, or raises `LinkBrokenError`."""


class LinkedBus:
    """Keeps a link open, for ever anew, and its topics listened to.

    Args:
        through: what the messages go through, for the log.
        gap_pause: seconds between two times that a topic's subscribers are given None.
    """

    def __init__(self, through: str, open_link: OpenLink, *, gap_pause: float = _GAP_PAUSE) -> None:
        self._through = through
        self._open_link = open_link
        self._gap_pause = gap_pause
        self._handlers: defaultdict[str, list[Handler]] = defaultdict(list)
        self._outbox = Outbox()
        self._something_to_do = asyncio.Event()
        self._connected_once = asyncio.Event()
        self._sent: dict[str, float] = {}
        self._next_gap: dict[str, float] = {}
        _CONNECTED.set(0)

    @property
    def is_alone(self) -> bool:
        """No: whoever sets up a server for it has somebody in mind."""
        return False

    def publish(self, topic: str, keys: Iterable[str]) -> None:
        """Has the keys sent shortly, or when there is a server again."""
        self._outbox.add(topic, keys)
        self._something_to_do.set()

    def subscribe(self, topic: str, handler: Handler) -> None:
        """Gives the handler what others publish."""
        self._handlers[topic].append(handler)
        self._something_to_do.set()

    async def connected(self) -> None:
        """Waits for the first connection."""
        await self._connected_once.wait()

    async def run(self) -> None:
        """Keeps the link open until it is cancelled."""
        pause, told = _FIRST_PAUSE, False
        while True:
            try:
                async with self._open_link(self._deliver, self._something_to_do.set) as link:
                    _CONNECTED.set(1)
                    _log.info("bus_connected", through=self._through)
                    pause, told = _FIRST_PAUSE, False
                    await self._serve(link)
            except LinkBrokenError as error:
                if not told:
                    _log.warning("bus_lost", through=self._through, why=str(error))
                told = True
            finally:
                _CONNECTED.set(0)
                self._lose_uncertain()
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  # spreads copies, keeps no secret
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _serve(self, link: Link) -> None:
        listened: set[str] = set()
        while not link.is_broken:
            self._something_to_do.clear()
            for topic in self._handlers.keys() - listened:
                await link.listen(topic)
                listened.add(topic)
                self._tell_of_gap(topic)
            self._connected_once.set()
            await self._send_all(link)
            if not link.is_broken:
                await self._something_to_do.wait()
                await asyncio.sleep(_GATHER)
        raise LinkBrokenError("the connection has ended")

    async def _send_all(self, link: Link) -> None:
        while next_message := self._outbox.take():
            topic, message = next_message
            self._sent[topic] = _now()
            await link.send(topic, message)
            _SENT.inc()

    def _lose_uncertain(self) -> None:
        """Has the others look at everything of the topics of which they may have missed something."""
        since = _now() - _UNCERTAIN
        for topic, time in self._sent.items():
            if time > since:
                self._outbox.lose(topic)
        self._sent.clear()

    def _deliver(self, topic: str, message: str) -> None:
        _RECEIVED.inc()
        keys = read_message(message)
        if keys is None:
            self._tell_of_gap(topic)
        else:
            self._tell(topic, keys)

    def _tell_of_gap(self, topic: str) -> None:
        """Gives the subscribers None, now or shortly; what comes until then is part of it."""
        now, due = _now(), self._next_gap.get(topic, 0.0)
        if due > now + self._gap_pause:
            return  # one is on its way
        if due <= now:
            self._next_gap[topic] = now + self._gap_pause
            self._tell(topic, None)
            return
        self._next_gap[topic] = due + self._gap_pause
        asyncio.get_running_loop().call_at(due, self._tell, topic, None)

    def _tell(self, topic: str, keys: Set[str] | None) -> None:
        for handler in self._handlers.get(topic, ()):
            handler(keys)


def _now() -> float:
    return asyncio.get_running_loop().time()
