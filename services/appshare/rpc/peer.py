"""Who is at the other end of a connection."""

import ipaddress
from functools import lru_cache
from urllib.parse import unquote

import grpc

from appshare import errors
from appshare.rpc.identity import GATEWAY, identity_of
from appshare.rpc.watch import Call, Context

_NETWORK_BITS = 64
"""One IPv6 subscriber has at least so large a network, and can take any address of it."""

_MAX_CONNECTIONS = 10_000
"""Whose networks are remembered; about 3 MB."""


class OnlyGateway:
    """Refuses callers whose certificate does not name the gateway; any process of the cloud may ask for health."""

    def __init__(self) -> None:
        self._wanted = identity_of(GATEWAY).encode()

    def begin(self, call: Call) -> None:
        """Looks at the certificate that the connection was opened with.

        Raises:
            errors.PermissionDeniedError: NOT_THE_GATEWAY.
        """
        if self._wanted not in call.context.auth_context().get("peer_uri", ()) and not call.is_health_check:
            raise errors.PermissionDeniedError(
                errors.Reason.NOT_THE_GATEWAY, "this service takes calls from the gateway only"
            )

    def end(self, _call: Call, _code: grpc.StatusCode) -> None:
        """Nothing to do."""


def peer_network(context: Context) -> str:
    """What limits per peer count by: an IPv4 address, or the network that an IPv6 address is of; never in a log."""
    return _network_of(context.peer())


@lru_cache(maxsize=_MAX_CONNECTIONS)
def _network_of(peer: str) -> str:
    kind, _, address = unquote(peer).partition(":")
    host = address.rpartition(":")[0].strip("[]").partition("%")[0]
    if kind != "ipv6":
        return host
    try:
        parsed = ipaddress.IPv6Address(host)
    except ValueError:
        return host
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, _NETWORK_BITS), strict=False))
