"""The one builder that makes every server the same: TLS, health, reflection, errors, limits, graceful stop."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from appshare.rpc.address import Address
from appshare.rpc.call_limit import CallLimit
from appshare.rpc.certificates import CertificateFiles
from appshare.rpc.draining import Draining
from appshare.rpc.header_limit import HeaderLimit
from appshare.rpc.interceptor import CallInterceptor
from appshare.rpc.methods import Methods
from appshare.rpc.peer import OnlyGateway
from appshare.rpc.readiness import reported_readiness
from appshare.rpc.server_limits import ServerLimits
from appshare.rpc.tls import server_credentials
from appshare.rpc.watch import CallWatch

_GRACE = 20.0
"""Seconds that running calls have to end when a server stops: longer than a call may take that is no upload."""


@dataclass(frozen=True)
class Service:
    """A gRPC service of a server.

    Attributes:
        full_name: as in the protos, for example "appshare.v1.InboxService".
        register: adds the servicer to a server.
    """

    full_name: str
    register: Callable[[grpc.aio.Server], None]


@dataclass(frozen=True)
class ServerOptions:
    """How a server serves.

    Attributes:
        certificates: what it shows; with authorities in them it takes calls from the gateway only. None: plain text.
        watches: see every call, the first of them first.
        leans_on: services behind this server, by a name for each; under it health tells how they are, and under
            "readiness" whether all of them serve. The server's own health does not depend on them.
        shares_port: with other processes, over which the system spreads connections.
        one_queue: takes up the calls of all methods from one queue, which costs each of them less. Beside streams that
            always have something to send they would be taken up too slowly.
    """

    certificates: CertificateFiles | None = None
    limits: ServerLimits = field(default_factory=ServerLimits)
    watches: Sequence[CallWatch] = ()
    with_reflection: bool = True
    shares_port: bool = False
    one_queue: bool = False
    leans_on: Mapping[str, grpc.aio.Channel] = field(default_factory=dict)


@asynccontextmanager
async def running_server(
    address: Address,
    services: Sequence[Service],
    options: ServerOptions | None = None,
    *,
    interceptors: Sequence[grpc.aio.ServerInterceptor] = (),
) -> AsyncIterator[Address]:
    """Runs a server while the context is open; yields the address with the port that was bound.

    Then its health says that it does not serve, its streams end with SERVICE_STOPPING, no call is taken any more, and
    the others have time to end.

    Raises:
        OSError: the address cannot be bound, or the certificate cannot be used.
    """
    options = options or ServerOptions()
    draining = Draining()
    calls = CallInterceptor(_watches(options), idle_limit=options.limits.idle, draining=draining)
    server = grpc.aio.server(interceptors=[calls, *interceptors], options=_channel_options(options))
    methods: Any = Methods() if options.one_queue else server  # to what adds methods both are a server
    for service in services:
        service.register(methods)
    names = [service.full_name for service in services]
    checks = _add_health(methods)
    if options.with_reflection:  # looks for itself what kind of server it is added to
        reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
    if options.one_queue:
        server.add_generic_rpc_handlers((methods,))
    bound = _bind(server, address, options.certificates)
    await server.start()
    for name in ("", *names):
        await checks.set(name, health_pb2.HealthCheckResponse.SERVING)
    try:
        async with reported_readiness(checks, options.leans_on):
            yield bound
    finally:
        await checks.enter_graceful_shutdown()
        await draining.drain()
        await server.stop(_GRACE)


def _watches(options: ServerOptions) -> list[CallWatch]:
    watches = [*options.watches, HeaderLimit(options.limits.headers), CallLimit(options.limits.calls)]
    if options.certificates and options.certificates.ca:
        watches.append(OnlyGateway())
    return watches


def _channel_options(options: ServerOptions) -> list[tuple[str, int]]:
    # By itself gRPC would let any two processes on one port, which would share its calls without anybody noticing.
    return [("grpc.so_reuseport", int(options.shares_port)), *options.limits.channel_options()]


def _add_health(methods: Any) -> health.aio.HealthServicer:
    checks = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, methods)
    return checks


def _bind(server: grpc.aio.Server, address: Address, certificates: CertificateFiles | None) -> Address:
    credentials = server_credentials(certificates) if certificates else None
    try:
        if credentials:
            port = server.add_secure_port(str(address), credentials)
        else:
            port = server.add_insecure_port(str(address))
    except RuntimeError as error:
        raise OSError(f"cannot listen on {address}: the port is taken or the address is not ours") from error
    return Address(address.host, port)
