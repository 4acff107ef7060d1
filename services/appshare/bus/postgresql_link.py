"""PostgreSQL's own notifications as what messages go through, on a connection that does nothing else."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import asyncpg

from appshare.bus.linked import Deliver, LinkBrokenError, Wake

_PREFIX = "appshare."
_LIMIT = 10.0
"""Seconds in which the server must answer."""
_LOOK_EVERY = 15.0
"""Seconds between two looks whether the server is still there: a connection can be gone without a word."""


class PostgresqlLink:
    """A connection that listens and notifies."""

    def __init__(self, connection: asyncpg.Connection, deliver: Deliver) -> None:
        self._connection = connection
        self._deliver = deliver
        self._turn = asyncio.Lock()  # a connection does one thing at a time

    @property
    def is_broken(self) -> bool:
        """Whether it is closed."""
        return self._connection.is_closed()

    async def listen(self, topic: str) -> None:
        """Listens to a topic."""

        def receive(connection: object, sender: int, _channel: str, message: object) -> None:
            del connection
            if sender != self._connection.get_server_pid():
                self._deliver(topic, str(message))

        with _broken():
            async with self._turn:
                await self._connection.add_listener(_PREFIX + topic, receive)

    async def send(self, topic: str, message: str) -> None:
        """Sends a message."""
        with _broken():
            async with self._turn:
                await self._connection.execute("SELECT pg_notify($1, $2)", _PREFIX + topic, message)

    async def keep_looking(self) -> None:
        """Closes the connection when the server does not answer any more."""
        while not self.is_broken:
            await asyncio.sleep(_LOOK_EVERY)
            try:
                async with self._turn:
                    await self._connection.execute("SELECT 1")
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                self._connection.terminate()


@asynccontextmanager
async def open_postgresql_link(url: str, name: str, deliver: Deliver, wake: Wake) -> AsyncIterator[PostgresqlLink]:
    """Connects to a database.

    Raises:
        LinkBrokenError: it does not answer.
    """
    with _broken():
        connection = await asyncpg.connect(
            url, timeout=_LIMIT, command_timeout=_LIMIT, server_settings={"application_name": name}
        )
    connection.add_termination_listener(lambda _connection: wake())
    link = PostgresqlLink(connection, deliver)
    looking = asyncio.create_task(link.keep_looking())
    try:
        yield link
    finally:
        looking.cancel()
        await asyncio.wait([looking])
        connection.terminate()


@contextmanager
def _broken() -> Iterator[None]:
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        raise LinkBrokenError(type(error).__name__) from None
