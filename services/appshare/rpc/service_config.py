"""What gRPC itself does for the calls of a service: spreads them over its copies that serve, and tries some again.

Only methods that change nothing are tried again, and nothing is sent twice at once.
"""

import json
from collections.abc import Collection

_UNAVAILABLE = ["UNAVAILABLE", "CANCELLED"]
"""How a call ends whose service goes, stops or is not there. A call that its own caller gives up is not tried again."""

_POLICY = {
    # After 0.1, 0.3, 0.9 and 1 seconds, give or take a fifth: as long as a process needs to start anew.
    "maxAttempts": 5,
    "initialBackoff": "0.1s",
    "backoffMultiplier": 3,
    "maxBackoff": "1s",
    "retryableStatusCodes": _UNAVAILABLE,
}
_THROTTLING = {
    # A failure takes one token, a success gives a tenth back; below half of them nothing is tried again: what is down
    # for longer is not asked the more.
    "maxTokens": 40,
    "tokenRatio": 0.1,
}


_LOOK_UP_EVERY = 5_000
"""Milliseconds between two look-ups of a name at least: a copy that came is found when another one goes, or is old."""


def service_options(service: str, methods: Collection[str]) -> list[tuple[str, str | int]]:
    """Options of a channel to all copies of a service, in turn, but to those whose health says that they do not serve.

    Some methods are tried again while no copy is available, within their deadline.

    Args:
        service: its full name in the protos.
        methods: those that change nothing.
    """
    names = [{"service": service, "method": method} for method in sorted(methods)]
    config = {
        "loadBalancingConfig": [{"round_robin": {}}],
        "healthCheckConfig": {"serviceName": service},
        "methodConfig": [{"name": names, "retryPolicy": _POLICY}],
        "retryThrottling": _THROTTLING,
    }
    return [
        ("grpc.enable_retries", 1),
        ("grpc.service_config", json.dumps(config)),
        ("grpc.dns_min_time_between_resolutions_ms", _LOOK_UP_EVERY),
    ]
