"""The connection to a cloud."""

import grpc

from appshare.command_line.server_address import ServerAddress
from appshare.rpc.call import open_channel, open_tls_channel


def open_server_channel(server: str, ca: bytes | None = None) -> grpc.aio.Channel:
    """A channel to a server, by TLS unless it is this machine.

    Args:
        ca: the authorities to trust, in PEM; None: those that gRPC trusts by itself.

    Raises:
        ValueError: `server` is no address.
    """
    where = ServerAddress.parse(server)
    return open_tls_channel(str(where.address), ca) if where.tls else open_channel(str(where.address))
