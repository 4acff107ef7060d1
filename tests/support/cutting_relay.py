"""A TCP relay that cuts connections in the middle of what the server sends, or only passes them on."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

_PIECE = 16 * 1024


class CuttingRelay:
    """Passes bytes between clients and a server.

    Attributes:
        cuts: connections that were cut.
        sent: bytes of the server that were passed on.

    Args:
        servers: host:port each; a connection goes to the first that takes it.
        allowance: asked for every connection: how many bytes of the server it passes on before it is cut; None: all.
        cut: told of every cut.
    """

    def __init__(
        self,
        servers: Sequence[str],
        allowance: Callable[[], int | None] = lambda: None,
        cut: Callable[[], None] = lambda: None,
    ) -> None:
        self._servers = servers
        self._allowance = allowance
        self._cut = cut
        self._tasks: set[asyncio.Task[None]] = set()
        self.cuts = 0
        self.sent = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Yields the address of the relay."""
        listening = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        try:
            yield f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        finally:
            listening.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        connection = await self._connect()
        if connection is None:  # it was killed
            to_client.transport.abort()
            return
        from_server, to_server = connection
        up = asyncio.ensure_future(_pass_on(from_client, to_server))
        try:
            await self._pass_down(from_server, to_client)
        except OSError:
            pass
        finally:
            up.cancel()
            to_server.transport.abort()
            to_client.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for server in self._servers:
            host, _, port = server.rpartition(":")
            with suppress(OSError):
                return await asyncio.open_connection(host, int(port))
        return None

    async def _pass_down(self, from_server: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        left = self._allowance()
        while left is None or left > 0:
            piece = await from_server.read(_PIECE if left is None else min(_PIECE, left))
            if not piece:
                return
            to_client.write(piece)
            await to_client.drain()
            self.sent += len(piece)
            left = None if left is None else left - len(piece)
        self.cuts += 1
        self._cut()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
    except OSError:
        pass
