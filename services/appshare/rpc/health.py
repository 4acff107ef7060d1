"""Asking a process of one's own whether it serves."""

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from appshare.rpc.address import Address
from appshare.rpc.call import CHANNEL_OPTIONS, open_channel
from appshare.rpc.certificates import CertificateFiles
from appshare.rpc.tls import own_credentials

_ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # where to ask a server that listens everywhere


def open_own_channel(address: Address, certificates: CertificateFiles | None) -> grpc.aio.Channel:
    """A channel to a process that listens on `address` of this machine and shows these very certificates.

    Args:
        certificates: None: it speaks plain text.

    Raises:
        UnusableCertificateError: they cannot be used.
    """
    where = str(Address(_ANY_HOST.get(address.host, address.host), address.port))
    if certificates is None:
        return open_channel(where)
    shown = certificates.read()
    named = ("grpc.ssl_target_name_override", shown.name)
    return grpc.aio.secure_channel(where, own_credentials(shown), options=[*CHANNEL_OPTIONS, named])


async def ask_health(
    channel: grpc.aio.Channel, *, time_limit: float, service: str = "", wait_for_ready: bool = False
) -> str:
    """What the process says of itself, for example "SERVING", or the name of the status that the question ended with.

    Args:
        service: which of its services; empty: the process.
        time_limit: seconds to wait for the answer.
        wait_for_ready: whether to wait for a process that does not listen yet.
    """
    check = health_pb2_grpc.HealthStub(channel).Check  # type: ignore[attr-defined]  # missing in the stubs
    try:
        response = await check(
            health_pb2.HealthCheckRequest(service=service), timeout=time_limit, wait_for_ready=wait_for_ready
        )
    except grpc.aio.AioRpcError as error:
        return error.code().name
    return health_pb2.HealthCheckResponse.ServingStatus.Name(response.status)
