"""What one server bears: of connections, calls, messages and silence."""

from dataclasses import dataclass

_MIB = 1 << 20
_KIB = 1 << 10

_CONNECTIONS = 1_000
"""For a port that only operators or other processes of the cloud call: it must not use up the files of the process."""
_LONGEST_HANDSHAKE = 10.0
_MIN_PING_INTERVAL = 10.0
_DEAD_AFTER_SILENCE, _DEAD_AFTER_PING = 60.0, 20.0
"""Seconds after which a silent peer is asked whether it is there, and in which it must answer."""


@dataclass(frozen=True)
class ServerLimits:
    """The limits of a server. Times are in seconds; None: no limit.

    Attributes:
        calls: running at once, streams included; more are refused.
        calls_per_connection: running at once on a connection; a client keeps more of them waiting.
        connections: open at once; more are closed as they come.
        connection_idle: how long a connection without a call stays open.
        connection_age: after which a connection takes no new calls, so that clients spread anew.
        connection_grace: how long its calls may then go on.
        headers: that a call may carry; they have together at most 16 KiB.
        idle: how long a call waits for its message, and a stream on which nothing moves stays open.
    """

    calls: int = 10_000
    calls_per_connection: int | None = None
    headers: int = 64
    connections: int | None = _CONNECTIONS
    connection_idle: float | None = None
    connection_age: float | None = None
    connection_grace: float | None = None
    idle: float | None = 60.0

    def channel_options(self) -> list[tuple[str, int]]:
        """What gRPC itself is to hold."""
        chosen = {
            "grpc.max_concurrent_streams": self.calls_per_connection,
            "grpc.max_allowed_incoming_connections": self.connections,
            "grpc.max_connection_idle_ms": _ms(self.connection_idle),
            "grpc.max_connection_age_ms": _ms(self.connection_age),
            "grpc.max_connection_age_grace_ms": _ms(self.connection_grace),
        }
        return [*_FIXED, *((name, value) for name, value in chosen.items() if value is not None)]


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


_FIXED = [
    ("grpc.max_receive_message_length", 16 * _MIB),
    # Both bounds are the same: between them gRPC refuses by chance.
    ("grpc.max_metadata_size", 16 * _KIB),
    ("grpc.absolute_max_metadata_size", 16 * _KIB),
    ("grpc.server_handshake_timeout_ms", round(_LONGEST_HANDSHAKE * 1000)),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", round(_MIN_PING_INTERVAL * 1000)),
    ("grpc.keepalive_time_ms", round(_DEAD_AFTER_SILENCE * 1000)),
    ("grpc.keepalive_timeout_ms", round(_DEAD_AFTER_PING * 1000)),
]
