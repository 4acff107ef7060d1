"""What each part of our servers adds to a bare grpc.aio call: CPU time of server and client together, one process.

python -m benchmarks.rpc [CALLS]
"""

import asyncio
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from appshare.gateway.access_tokens import AccessTokens, Caller
from appshare.gateway.authentication import DeviceAuthentication
from appshare.gateway.rate_limits import DeviceRates
from appshare.gateway.rates import Rates
from appshare.gateway.signing_keys import SigningKeyFile, SigningKeys
from appshare.operator.certificate_folder import CertificateFolder
from appshare.rpc.address import Address
from appshare.rpc.call_limit import CallLimit
from appshare.rpc.call_metrics import CallMetrics
from appshare.rpc.call_traces import CallTraces
from appshare.rpc.certificates import CertificateFiles
from appshare.rpc.interceptor import CallInterceptor
from appshare.rpc.peer import OnlyGateway
from appshare.rpc.tls import channel_credentials, server_credentials

ROUNDS = 7
METHOD = "/benchmark.Echo/Echo"
ANYWHERE = Address("127.0.0.1", 0)


@asynccontextmanager
async def serving(
    interceptors: Sequence[grpc.aio.ServerInterceptor], files: Mapping[str, CertificateFiles] | None = None
) -> AsyncIterator[grpc.aio.Channel]:
    async def echo(request: bytes, _context: Any) -> bytes:
        return request

    server = grpc.aio.server(interceptors=interceptors)
    handlers: dict[str, Any] = {"Echo": grpc.unary_unary_rpc_method_handler(echo)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("benchmark.Echo", handlers),))
    if files:
        port = server.add_secure_port(str(ANYWHERE), server_credentials(files["server"]))
        credentials = channel_credentials(files["client"].read())
        channel = grpc.aio.secure_channel(f"localhost:{port}", credentials)
    else:
        port = server.add_insecure_port(str(ANYWHERE))
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
    await server.start()
    async with channel:
        yield channel
    await server.stop(None)


async def cost(channel: grpc.aio.Channel, calls: int, metadata: Any) -> float:
    """Microseconds of CPU per call."""
    echo: Any = channel.unary_unary(METHOD)
    request = b"x" * 200
    started = time.process_time()
    for _ in range(calls):
        await echo(request, metadata=metadata)
    return (time.process_time() - started) / calls * 1e6


async def registered(_device_id: str, _time_limit: float) -> None:
    """In the place of the question to RelationRadar, which is a call of its own."""


async def main(calls: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    trace.set_tracer_provider(TracerProvider())
    limit, metrics, traces = CallLimit(10_000), CallMetrics(), CallTraces(trace.get_tracer("benchmark"))
    rates = DeviceRates(Rates(*[10**9] * 7), ())
    with tempfile.TemporaryDirectory() as folder:
        keys = SigningKeys(SigningKeyFile(Path(folder) / "signing-keys.json"), 3600, time.time)
        tokens = AccessTokens(keys, 3600, time.time)
        metadata = (("authorization", f"Bearer {tokens.issue(Caller('device')).token}"),)
        authentication = DeviceAuthentication(tokens.caller, registered, (), ())
        made = {each.role: each.folder for each in CertificateFolder(Path(folder)).complete({})}
        files = {"server": files_in(made["relation-radar"]), "client": files_in(made["gateway"])}
        variants: dict[str, tuple[list[grpc.aio.ServerInterceptor], Any]] = {
            "bare grpc.aio": ([], None),
            "+ statuses, request id, log": ([CallInterceptor()], None),
            "+ calls at once": ([CallInterceptor([limit])], None),
            "+ metrics": ([CallInterceptor([metrics, limit])], None),
            "+ traces": ([CallInterceptor([traces, metrics, limit])], None),
            "a gateway's port: limit, token, rates": (
                [CallInterceptor([limit, rates]), authentication],
                None,
            ),
            "bare, mutual TLS": ([], files),
            "a service's port: limit, mutual TLS, only gateway": ([CallInterceptor([limit, OnlyGateway()])], files),
        }
        figures: dict[str, list[float]] = {name: [] for name in variants}
        for _round in range(ROUNDS):  # in turn, so that a busy machine is unfair to none
            for name, (interceptors, certificates) in variants.items():
                async with serving(interceptors, certificates) as channel:
                    await cost(channel, 200, metadata)
                    figures[name].append(await cost(channel, calls, metadata))
    bare = statistics.median(figures["bare grpc.aio"])
    for name, rounds in figures.items():
        median = statistics.median(rounds)
        print(f"{name:<50} {median:7.0f} us  {median - bare:+7.0f} us  (lowest {min(rounds):.0f})")


def files_in(folder: Path) -> CertificateFiles:
    return CertificateFiles(folder / "certificate.pem", folder / "key.pem", folder / "ca.pem")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000))
