"""How the services behind a server are, told by its health: one name for each, and one for all of them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager, suppress

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

READINESS = "readiness"
"""The name under which health tells whether every service behind the server serves."""

_ASK_AGAIN = 1.0
"""Seconds until a service that could not be asked is asked again."""

_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@asynccontextmanager
async def reported_readiness(
    checks: health.aio.HealthServicer, services: Mapping[str, grpc.aio.Channel]
) -> AsyncIterator[None]:
    """Watches services, by their names, and reports them to `checks` while the context is open."""
    if not services:
        yield
        return
    report = _Report(checks, services)
    tasks = [asyncio.create_task(report.follow(name, channel)) for name, channel in services.items()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Report:
    def __init__(self, checks: health.aio.HealthServicer, names: Mapping[str, object]) -> None:
        self._checks = checks
        self._serving = dict.fromkeys(names, False)

    async def follow(self, name: str, channel: grpc.aio.Channel) -> None:
        """Tells every change of one service, until it is cancelled."""
        while True:
            # Twice: of several copies one may stop, and then another answers.
            if not (await self._follow_one(name, channel) and await self._follow_one(name, channel)):
                await self._tell(name, is_serving=False)
                await asyncio.sleep(_ASK_AGAIN)

    async def _follow_one(self, name: str, channel: grpc.aio.Channel) -> bool:
        """Tells of the copy that answers until it stops; returns whether it served before that."""
        has_served = False
        with suppress(grpc.aio.AioRpcError):
            async with aclosing(_serving(channel)) as answers:
                async for _answer in answers:
                    has_served = True
                    await self._tell(name, is_serving=True)
        return has_served

    async def _tell(self, name: str, *, is_serving: bool) -> None:
        self._serving[name] = is_serving
        await self._checks.set(name, _SERVING if is_serving else _NOT_SERVING)
        await self._checks.set(READINESS, _SERVING if all(self._serving.values()) else _NOT_SERVING)


async def _serving(channel: grpc.aio.Channel) -> AsyncGenerator[None, None]:
    """Yields while the service says that it serves; then lets go, since a service that stops waits for its calls."""
    stub = health_pb2_grpc.HealthStub(channel)
    watch = stub.Watch(health_pb2.HealthCheckRequest())  # type: ignore[attr-defined]  # missing in the stubs
    try:
        async for response in watch:
            if response.status != _SERVING:
                return
            yield
    finally:
        watch.cancel()
