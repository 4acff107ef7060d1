"""The device agent: a library for programs, the command `appshare` for people and scripts; docs/library.md explains it.

    async with DeviceClient("cloud.example.org:7400", session) as client:
        for share in (await client.shares(ByNumber("+8613800138000"))).shares:
            print(share.app.label)

What is named here stays. Each name is imported when it is used first: the command has to be quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from appshare.device_agent.agent_home import AgentHome, default_home
    from appshare.device_agent.app_fetch import fetch_app
    from appshare.device_agent.client import DeviceClient
    from appshare.device_agent.connection import open_client
    from appshare.device_agent.download import Downloaded
    from appshare.device_agent.feed import follow
    from appshare.device_agent.model import (
        App,
        AppInstalled,
        AppUpdate,
        Audience,
        AudienceKind,
        Block,
        ByContact,
        ByDevice,
        ByNumber,
        Contact,
        FileChunk,
        Friend,
        FriendCheck,
        FriendList,
        FriendshipChanged,
        FriendshipLevel,
        FriendshipReason,
        Heartbeat,
        InboxEvent,
        InboxGap,
        InventoryApp,
        MergedShare,
        MergedShares,
        MyDevice,
        Push,
        PushOutcome,
        PushPolicy,
        PushPreference,
        Registration,
        Session,
        Share,
        SharedVersion,
        ShareList,
        SharesPushed,
        SyncedBook,
        UpdateState,
    )
    from appshare.fit.answer import AppStoreLink, Fit, NoFit, NoFitReason, PackageFile
    from appshare.fit.device_profile import DeviceProfile, Platform, Resolution, load_device_profile

__all__ = [
    "AgentHome",
    "App",
    "AppInstalled",
    "AppStoreLink",
    "AppUpdate",
    "Audience",
    "AudienceKind",
    "Block",
    "ByContact",
    "ByDevice",
    "ByNumber",
    "Contact",
    "DeviceClient",
    "DeviceProfile",
    "Downloaded",
    "FileChunk",
    "Fit",
    "Friend",
    "FriendCheck",
    "FriendList",
    "FriendshipChanged",
    "FriendshipLevel",
    "FriendshipReason",
    "Heartbeat",
    "InboxEvent",
    "InboxGap",
    "InventoryApp",
    "MergedShare",
    "MergedShares",
    "MyDevice",
    "NoFit",
    "NoFitReason",
    "PackageFile",
    "Platform",
    "Push",
    "PushOutcome",
    "PushPolicy",
    "PushPreference",
    "Registration",
    "Resolution",
    "Session",
    "Share",
    "ShareList",
    "SharedVersion",
    "SharesPushed",
    "SyncedBook",
    "UpdateState",
    "default_home",
    "fetch_app",
    "follow",
    "load_device_profile",
    "open_client",
]

_MODEL = "device_agent.model"
_PLACES = {
    "AgentHome": "device_agent.agent_home",
    "default_home": "device_agent.agent_home",
    "fetch_app": "device_agent.app_fetch",
    "DeviceClient": "device_agent.client",
    "open_client": "device_agent.connection",
    "Downloaded": "device_agent.download",
    "follow": "device_agent.feed",
    **dict.fromkeys(("AppStoreLink", "Fit", "NoFit", "NoFitReason", "PackageFile"), "fit.answer"),
    **dict.fromkeys(("DeviceProfile", "Platform", "Resolution", "load_device_profile"), "fit.device_profile"),
}
"""Where each name is that is not in the model."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"appshare.{_PLACES.get(name, _MODEL)}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
