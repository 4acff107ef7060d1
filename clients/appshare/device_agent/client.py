"""An asynchronous client of the cloud, as one device sees it.

    async with DeviceClient("127.0.0.1:7400", session) as client:
        for share in (await client.shares(ByNumber("+8613800138000"))).shares:
            print(share.app.label)

Every call raises the `appshare.errors` that the contract lists for it.
"""

from types import TracebackType
from typing import Self

from appshare.device_agent.calls.account import AccountCalls
from appshare.device_agent.calls.downloads import DownloadCalls
from appshare.device_agent.calls.friends import FriendCalls
from appshare.device_agent.calls.inbox import InboxCalls
from appshare.device_agent.calls.sharing import SharingCalls


class DeviceClient(AccountCalls, FriendCalls, SharingCalls, InboxCalls, DownloadCalls):
    """Calls the gateway; use it as an asynchronous context manager."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._channel.close()
