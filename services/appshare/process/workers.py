"""Several processes of one service that share its ports, looked after by one more that answers no call."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

from appshare.process.settings import ProcessSettings, to_environment, to_flags
from appshare.process.supervisor import Child, Supervised, child_host
from appshare.process.worker import worker_environment
from appshare.rpc.address import Address


@asynccontextmanager
async def running_workers(name: str, settings: ProcessSettings) -> AsyncIterator[dict[str, Address]]:
    """Runs `settings.workers` processes of a command; yields by name where they listen.

    One that crashes is started again. When the context ends all are drained together.

    Raises:
        OSError: a port is taken, or a process did not come up.
    """
    async with AsyncExitStack() as stack:
        addresses = {name: stack.enter_context(_reserved(address)) for name, address in settings.listening().items()}
        settings = settings.model_copy(update=addresses)
        names = type(settings).model_fields
        host = stack.enter_context(child_host([name]))
        workers = [
            Supervised(
                Child(
                    name,
                    to_flags(settings, names),
                    environment={**to_environment(settings, names), **worker_environment(index)},
                ),
                host,
            )
            for index in range(settings.workers)
        ]
        stack.push_async_callback(_stop_all, workers)
        await asyncio.gather(*(worker.start() for worker in workers))
        yield addresses


async def _stop_all(workers: list[Supervised]) -> None:
    await asyncio.gather(*(worker.stop() for worker in workers))


@contextmanager
def _reserved(address: Address) -> Iterator[Address]:
    """The address with its port, which nobody but the workers takes while the context is open.

    Nothing is accepted here: of the sockets bound to a port only those that listen get connections.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        port = _free_or_chosen(address, family)
        with socket.socket(family, socket.SOCK_STREAM) as held:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # whoever started us may hold the port too
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            held.bind((address.host, port))
            yield Address(address.host, port)
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(f"cannot listen on {address}: the port is taken or the address is not ours") from error


def _free_or_chosen(address: Address, family: int) -> int:
    """The port; also another group of workers would let a process share it."""
    with socket.socket(family, socket.SOCK_STREAM) as alone:
        alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        alone.bind((address.host, address.port))
        alone.listen()
        port: int = alone.getsockname()[1]
        return port
