"""`appshare-server health`: whether a process serves, for container health checks."""

import asyncio
import sys

import click
import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from appshare.rpc.address import Address
from appshare.rpc.call import open_channel

_ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # where to ask a server that listens everywhere


@click.command("health")
@click.argument("address", envvar="APPSHARE_LISTEN", default="127.0.0.1:7400")
@click.option("--time-limit", default=5.0, show_default=True, help="Seconds to wait for the answer.")
def main(address: str, time_limit: float) -> None:
    """Asks the process at ADDRESS (host:port, or APPSHARE_LISTEN) whether it serves.

    Exit codes: 0 it serves, 1 it does not, 2 not an address.
    """
    try:
        where = Address.parse(address)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    status = asyncio.run(_check(Address(_ANY_HOST.get(where.host, where.host), where.port), time_limit))
    click.echo(status)
    sys.exit(status != "SERVING")


async def _check(address: Address, time_limit: float) -> str:
    async with open_channel(str(address)) as channel:
        check = health_pb2_grpc.HealthStub(channel).Check  # type: ignore[attr-defined]  # missing in the stubs
        try:
            response = await check(health_pb2.HealthCheckRequest(), timeout=time_limit)
        except grpc.aio.AioRpcError as error:
            return error.code().name
    return health_pb2.HealthCheckResponse.ServingStatus.Name(response.status)
