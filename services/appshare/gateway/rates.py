"""How often devices, all devices of a number, and network addresses may call, as the operator sets it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rates:
    """Calls in a minute, but `device_streams`, which counts those that run at once; 0: no limit."""

    device_calls: int = 0
    device_costly_calls: int = 0
    device_streams: int = 0
    number_calls: int = 0
    number_costly_calls: int = 0
    peer_calls: int = 0
    peer_open_calls: int = 0
