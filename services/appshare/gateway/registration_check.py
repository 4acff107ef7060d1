"""Whether a device that shows a token is registered still: a removed device's tokens are void at once."""

from collections.abc import Awaitable, Callable
from functools import partial

from appshare.gateway.backends import RADAR, Backends
from appshare.v1.relation_radar_pb2 import CheckDeviceRequest

CheckDevice = Callable[[str, float], Awaitable[None]]
"""Takes a device's id and the seconds that the answer may take; raises what refuses the call."""

_ASKING = {
    "AccountService": ("ListDevices", "RemoveDevice", "DeleteAccount"),
    "FriendService": (
        "SyncContacts",
        "ListFriends",
        "BatchCheckFriends",
        "BlockPerson",
        "UnblockPerson",
        "ListBlocks",
    ),
    "SharingService": ("ListShares", "PreviewShares", "ListFriendsShares", "PushShares", "ReportInstall"),
    "DownloadService": ("MatchApp", "DownloadApp"),
}

ASKING_METHODS = frozenset(
    f"/appshare.v1.{service}/{method}" for service, methods in _ASKING.items() for method in methods
)
"""Methods that ask the radar as the calling device before they do anything: it refuses a removed device by itself."""


def registration_check(backends: Backends) -> CheckDevice:
    """A check with RelationRadar, which alone knows; while it cannot be asked, nobody gets in.

    The check raises errors.NotFoundError (DEVICE_NOT_FOUND) and errors.UnavailableError (SERVICE_UNAVAILABLE).
    """
    return partial(_require_registered, backends)


async def _require_registered(backends: Backends, device_id: str, time_limit: float) -> None:
    request = CheckDeviceRequest(device_id=device_id)
    await RADAR.unary(backends.radar.CheckDevice, request, time_limit=time_limit)
