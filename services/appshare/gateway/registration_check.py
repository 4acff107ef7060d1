"""Whether a device that shows a token is registered still: a removed device's tokens are void at once."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
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
    "InboxService": ("ListEvents",),
    "DownloadService": ("MatchApp", "DownloadApp", "CheckAppUpdates"),
}
_READING = {"SharingService": ("ListMyApps", "GetDefaultAudience", "GetPushPreference")}


def _full_names(methods: Mapping[str, Iterable[str]]) -> frozenset[str]:
    return frozenset(f"/appshare.v1.{service}/{name}" for service, names in methods.items() for name in names)


ASKING_METHODS = _full_names(_ASKING)
"""Methods that ask the radar as the calling device before they do or tell anything: it refuses a device by itself."""

READING_METHODS = _full_names(_READING)
"""Methods that only read: they need not wait for the radar, and their answer does."""


def registration_check(backends: Backends) -> CheckDevice:
    """A check with RelationRadar, which alone knows; while it cannot be asked, nobody gets in.

    The check raises errors.NotFoundError (DEVICE_NOT_FOUND) and errors.UnavailableError (SERVICE_UNAVAILABLE).
    """
    return partial(_require_registered, backends)


async def _require_registered(backends: Backends, device_id: str, time_limit: float) -> None:
    request = CheckDeviceRequest(device_id=device_id)
    await RADAR.unary(backends.radar.CheckDevice, request, time_limit=time_limit)
