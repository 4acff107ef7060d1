"""How often devices, the people who have them, and network addresses may call the gateway."""

import math
from collections import Counter
from collections.abc import Hashable, Iterable
from datetime import timedelta

import grpc

from appshare import errors
from appshare.gateway.authentication import caller_or_none
from appshare.gateway.rates import Rates
from appshare.gateway.shared_rates import SharedRates
from appshare.rpc.peer import peer_network
from appshare.rpc.rate import TokenBuckets
from appshare.rpc.watch import Call

_MINUTE = 60.0

COSTLY = frozenset(
    f"/appshare.v1.{method}"
    for method in (
        "FriendService/SyncContacts",
        "FriendService/BatchCheckFriends",
        "SharingService/ListFriendsShares",
        "SharingService/PublishApps",
        "SharingService/PushShares",
        "DownloadService/DownloadApp",
        "DownloadService/CheckAppUpdates",
        "DownloadService/SearchByName",
    )
)
"""What costs more than a look: it writes much, asks about many people, or moves files."""


class DeviceRates:
    """Refuses what a device, all devices of a number or a network address ask too often, with when to come back.

    A call that has no valid token counts for the address that it is from. Health is always told.

    Args:
        open_methods: full names of the methods that need no token.
        shared: with whose counts these are settled; None: this is the only copy.
    """

    def __init__(self, rates: Rates, open_methods: Iterable[str], shared: SharedRates | None = None) -> None:
        self._open_methods = frozenset(open_methods)
        self._device_calls = _per_minute("device", rates.device_calls, shared)
        self._device_costly_calls = _per_minute("device-costly", rates.device_costly_calls, shared)
        self._number_calls = _per_minute("number", rates.number_calls, shared)
        self._number_costly_calls = _per_minute("number-costly", rates.number_costly_calls, shared)
        self._peer_calls = _per_minute("peer", rates.peer_calls, shared)
        self._peer_open_calls = _per_minute("peer-open", rates.peer_open_calls, shared)
        self._at_once = rates.device_streams
        self._running: Counter[str] = Counter()

    def begin(self, call: Call) -> None:
        """Counts the call.

        Raises:
            errors.ResourceExhaustedError: LIMIT_EXCEEDED.
        """
        if call.is_health_check:
            return
        caller, peer = caller_or_none(), peer_network(call.context)
        _take(self._peer_calls, peer, "calls_per_peer")
        if caller is None or call.method in self._open_methods:
            _take(self._peer_open_calls, peer, "open_calls_per_peer")
            return
        is_costly = call.method in COSTLY
        _take(self._device_calls, caller.device_id, "calls_per_device")
        if is_costly:
            _take(self._device_costly_calls, caller.device_id, "costly_calls_per_device")
        if caller.number_ref:
            _take(self._number_calls, caller.number_ref, "calls_per_number")
            if is_costly:
                _take(self._number_costly_calls, caller.number_ref, "costly_calls_per_number")
        self._start(call, caller.device_id)

    def end(self, call: Call, _code: grpc.StatusCode) -> None:
        """Counts the call as no longer running."""
        device = call.notes.pop(self, None)
        if device is None:
            return
        self._running[device] -= 1
        if not self._running[device]:
            del self._running[device]

    def _start(self, call: Call, device: str) -> None:
        if self._at_once and self._running[device] >= self._at_once:
            raise _too_much(1.0, "streams_per_device")
        self._running[device] += 1
        call.notes[self] = device


class OperatorFailures:
    """Refuses a network address that has sent too many wrong operator tokens.

    Args:
        at_most: failures in a minute; 0: no limit.
        shared: as in `DeviceRates`.
    """

    def __init__(self, at_most: int, shared: SharedRates | None = None) -> None:
        self._failures = _per_minute("operator-failures", at_most, shared)

    def begin(self, call: Call) -> None:
        """Looks whether the address has failures left.

        Raises:
            errors.ResourceExhaustedError: LIMIT_EXCEEDED.
        """
        if self._failures is not None and not call.is_health_check:
            wait = self._failures.wait(peer_network(call.context))
            if wait:
                raise _too_much(wait, "operator_failures_per_peer")

    def end(self, call: Call, code: grpc.StatusCode) -> None:
        """Counts a failure."""
        if self._failures is not None and code is grpc.StatusCode.UNAUTHENTICATED:
            self._failures.take(peer_network(call.context))


def _per_minute(name: str, calls: int, shared: SharedRates | None) -> TokenBuckets | None:
    if not calls:
        return None
    return shared.buckets(name, calls, _MINUTE) if shared else TokenBuckets(calls, _MINUTE)


def _take(buckets: TokenBuckets | None, key: Hashable, limit: str) -> None:
    if buckets is None:
        return
    wait = buckets.take(key)
    if wait:
        raise _too_much(wait, limit)


def _too_much(wait: float, limit: str) -> errors.ResourceExhaustedError:
    return errors.ResourceExhaustedError(
        errors.Reason.LIMIT_EXCEEDED,
        "too many calls; wait before the next",
        retry_after=timedelta(milliseconds=math.ceil(wait * 1000)),
        limit=limit,
    )
