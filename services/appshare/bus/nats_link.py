"""NATS as what messages go through: its core, which keeps nothing. Needs the extra `scale`."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from appshare.bus.linked import Deliver, LinkBrokenError, Wake

_PREFIX = "appshare."
"""What our subjects begin with, so that an account can be limited to `appshare.>`."""

_CONNECT_LIMIT = 5.0
_CLOSE_LIMIT = 1.0
_PING_EVERY = 10
"""Seconds; a server that has not answered two of them is gone."""

_PENDING_BYTES = 8 << 20
"""Of a topic, received and not read; with more the link counts as broken, since messages are lost."""


class NatsLink:
    """A connection; it is never made anew by the library, which would not say what was missed."""

    def __init__(self, client: Client, deliver: Deliver) -> None:
        self._client = client
        self._deliver = deliver
        self._has_lost = False

    @property
    def is_broken(self) -> bool:
        """Whether it is closed, or has lost messages."""
        return self._has_lost or not self._client.is_connected

    def lose(self) -> None:
        """Says that messages have been lost."""
        self._has_lost = True

    async def listen(self, topic: str) -> None:
        """Listens to a topic."""

        async def receive(message: Msg) -> None:
            self._deliver(topic, message.data.decode())

        with _broken():
            await self._client.subscribe(_PREFIX + topic, cb=receive, pending_bytes_limit=_PENDING_BYTES)
            await self._client.flush(timeout=round(_CONNECT_LIMIT))  # the server has it when it has answered

    async def send(self, topic: str, message: str) -> None:
        """Sends a message."""
        with _broken():
            await self._client.publish(_PREFIX + topic, message.encode())


@asynccontextmanager
async def open_nats_link(
    servers: Sequence[str], ca: Path | None, name: str, deliver: Deliver, wake: Wake
) -> AsyncIterator[NatsLink]:
    """Connects to one of the servers.

    Args:
        servers: URLs with user and password; `tls://` wants TLS, `nats://` takes it where the server asks for it.
        ca: the authorities that its certificate may be from, in PEM; None: the public ones.
        name: of the process, for the server's operator.

    Raises:
        LinkBrokenError: none of them answers.
    """
    links: list[NatsLink] = []

    async def ended() -> None:
        wake()

    async def failed(_error: Exception) -> None:
        # Of a link that is in use, the errors that do not end it: messages that came faster than they were read, or a
        # subject that the account may not use. Either way others may be missed.
        for link in links:
            link.lose()
        wake()

    client = Client()
    try:
        with _broken():
            async with asyncio.timeout(2 * _CONNECT_LIMIT):
                await client.connect(
                    servers=list(servers),
                    name=name,
                    tls=ssl.create_default_context(cafile=ca) if ca else None,
                    no_echo=True,
                    allow_reconnect=False,
                    max_reconnect_attempts=1,
                    reconnect_time_wait=0,
                    connect_timeout=round(_CONNECT_LIMIT),
                    ping_interval=_PING_EVERY,
                    max_outstanding_pings=2,
                    closed_cb=ended,
                    disconnected_cb=ended,
                    error_cb=failed,
                )
        if _is_given_up():  # which the library, while it connects, may take for the end of a task of its own
            raise asyncio.CancelledError
        link = NatsLink(client, deliver)
        links.append(link)
        yield link
    finally:  # also when it is given up while it connects
        with suppress(NatsError, OSError, TimeoutError):
            async with asyncio.timeout(_CLOSE_LIMIT):  # of TLS that failed, asyncio never says that it is closed
                await client.close()


def _is_given_up() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


@contextmanager
def _broken() -> Iterator[None]:
    try:
        yield
    except (NatsError, OSError, TimeoutError) as error:
        raise LinkBrokenError(type(error).__name__) from None
