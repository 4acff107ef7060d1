"""Calls that are tried again by gRPC itself: only methods that change nothing, and nothing is sent twice at once."""

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


def retry_options(service: str, methods: Collection[str]) -> list[tuple[str, str | int]]:
    """Options of a channel that tries some methods again while their service is not available, within their deadline.

    Args:
        service: its full name in the protos.
        methods: those that change nothing.
    """
    names = [{"service": service, "method": method} for method in sorted(methods)]
    config = {"methodConfig": [{"name": names, "retryPolicy": _POLICY}], "retryThrottling": _THROTTLING}
    return [("grpc.enable_retries", 1), ("grpc.service_config", json.dumps(config))]
