"""The connection to a cloud."""

import grpc

from appshare.command_line.server_address import ServerAddress
from appshare.rpc.call import CHANNEL_OPTIONS, open_channel


def open_server_channel(server: str, ca: bytes | None = None, server_name: str | None = None) -> grpc.aio.Channel:
    """A channel to a server, by TLS unless it is this machine.

    Args:
        ca: the authorities, or the one certificate, to trust, in PEM; None: those that gRPC trusts by itself.
        server_name: the name that the certificate must be for; None: the host of the address.

    Raises:
        ValueError: `server` is no address.
    """
    where = ServerAddress.parse(server)
    if not where.tls:
        return open_channel(str(where.address))
    options = [*CHANNEL_OPTIONS, *([("grpc.ssl_target_name_override", server_name)] if server_name else [])]
    return grpc.aio.secure_channel(str(where.address), grpc.ssl_channel_credentials(ca), options=options)
