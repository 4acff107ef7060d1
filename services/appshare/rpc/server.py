"""The one builder that makes every server the same: health, reflection, errors, limits, graceful stop."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from appshare.rpc.address import Address
from appshare.rpc.interceptor import CallInterceptor

_OPTIONS = [
    # Two processes on one port would share its calls without anybody noticing.
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    ("grpc.max_metadata_size", 16 * 1024),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
]

_GRACE = 5.0
"""Seconds that running calls have to end when a server stops."""


@dataclass(frozen=True)
class Service:
    """A gRPC service of a server.

    Attributes:
        full_name: as in the protos, for example "appshare.v1.InboxService".
        register: adds the servicer to a server.
    """

    full_name: str
    register: Callable[[grpc.aio.Server], None]


@asynccontextmanager
async def running_server(
    address: Address,
    services: Sequence[Service],
    *,
    interceptors: Sequence[grpc.aio.ServerInterceptor] = (),
    with_reflection: bool = True,
) -> AsyncIterator[Address]:
    """Runs a server while the context is open; yields the address with the port that was bound.

    Raises:
        OSError: the address cannot be bound.
    """
    server = grpc.aio.server(interceptors=[CallInterceptor(), *interceptors], options=_OPTIONS)
    for service in services:
        service.register(server)
    names = [service.full_name for service in services]
    checks = _add_health(server)
    if with_reflection:
        reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
    bound = _bind(server, address)
    await server.start()
    for name in ("", *names):
        await checks.set(name, health_pb2.HealthCheckResponse.SERVING)
    try:
        yield bound
    finally:
        await checks.enter_graceful_shutdown()
        await server.stop(_GRACE)


def _add_health(server: grpc.aio.Server) -> health.aio.HealthServicer:
    checks = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    return checks


def _bind(server: grpc.aio.Server, address: Address) -> Address:
    try:
        port = server.add_insecure_port(str(address))
    except RuntimeError as error:
        raise OSError(f"cannot listen on {address}: the port is taken or the address is not ours") from error
    return Address(address.host, port)
