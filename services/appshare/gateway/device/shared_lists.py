"""Lists of what is shared: a person's, those of all friends, and one's own as somebody else sees it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from appshare.gateway.authentication import calling_device
from appshare.gateway.backends import REGISTRY, Backends
from appshare.gateway.forwarding import Forwarder
from appshare.gateway.owners import Owners, OwnersAsked
from appshare.gateway.people import as_viewers, find_devices, find_friends, is_blocked
from appshare.gateway.reads import REGISTRY_SERVICE
from appshare.rpc import paging
from appshare.rpc.call import remaining_time
from appshare.rpc.interceptor import Context
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import share_registry_pb2 as registry_pb


class SharedListsServicer:
    """The RPCs by which a device sees what is shared."""

    def __init__(self, backends: Backends, owners: OwnersAsked) -> None:
        self._owners = owners
        self._backends = backends
        self._registry = backends.registry
        self._forward = Forwarder(backends.channels[REGISTRY_SERVICE], REGISTRY, REGISTRY_SERVICE)

    async def ListShares(self, request: pb.ListSharesRequest, context: Context) -> Any:
        """Lists what a person shares with the device, as the bytes of a `ListSharesResponse`."""
        viewer = calling_device()

        async def visible(owners: Owners) -> bytes:
            wanted = registry_pb.ListVisibleSharesRequest(
                viewer_device_id=viewer,
                owners=owners,
                page_size=request.page_size,
                page_token=request.page_token,
                known_list_version=request.known_list_version,
            )
            return await self._forward.call(
                "ListVisibleShares", wanted.SerializeToString(), time_limit=remaining_time(context)
            )

        def is_shared(listed: bytes) -> bool:
            return bool(listed or request.page_token)  # an answer without shares, nor a version of a list, has no bytes

        return await self._owners.ask(viewer, request.owner, context, visible, is_shared)

    async def PreviewShares(self, request: pb.PreviewSharesRequest, context: Context) -> pb.PreviewSharesResponse:
        """Lists what the device shares as a person sees it: on any of the person's devices."""
        owner, time_limit = calling_device(), remaining_time(context)
        if await is_blocked(self._backends, owner, request.viewer, "viewer", time_limit=time_limit):
            return pb.PreviewSharesResponse()
        found = await find_devices(self._backends, owner, request.viewer, "viewer", time_limit=time_limit)
        viewers = as_viewers(found)
        # Each device has its part of the page: together they do not see more than fits.
        size = max(1, paging.page_size(request.page_size) // len(viewers))
        pages = await asyncio.gather(
            *(self._page_seen_by(viewer, owner, size, request.page_token, context) for viewer in viewers)
        )
        return _united(pages)

    async def ListFriendsShares(
        self, request: pb.ListFriendsSharesRequest, context: Context
    ) -> pb.ListFriendsSharesResponse:
        """Lists what all friends share with the device."""
        viewer = calling_device()
        friends, truncated = await find_friends(self._backends, viewer, context)
        listed = await REGISTRY.unary(
            self._registry.ListMergedShares,
            registry_pb.ListMergedSharesRequest(
                viewer_device_id=viewer,
                owners=friends,
                search=request.search,
                page_size=request.page_size,
                page_token=request.page_token,
            ),
            time_limit=remaining_time(context),
        )
        return pb.ListFriendsSharesResponse(
            shares=listed.shares, next_page_token=listed.next_page_token, truncated=truncated
        )

    async def _page_seen_by(
        self, viewer: registry_pb.RelatedDevice, owner: str, size: int, page_token: str, context: Context
    ) -> registry_pb.ListVisibleSharesResponse:
        request = registry_pb.ListVisibleSharesRequest(
            viewer_device_id=viewer.device_id,
            owners=[registry_pb.RelatedDevice(device_id=owner, level=viewer.level)],
            page_size=size,
            page_token=page_token,
        )
        return await REGISTRY.unary(self._registry.ListVisibleShares, request, time_limit=remaining_time(context))


def _united(pages: Sequence[registry_pb.ListVisibleSharesResponse]) -> pb.PreviewSharesResponse:
    """What is on any of the pages, up to where the first of them ends: from there the next one goes on for all."""
    apps = {share.app.package_name: share.app for page in pages for share in page.shares}
    first = min((page for page in pages if page.next_page_token), key=_last_name, default=None)
    return pb.PreviewSharesResponse(
        apps=[apps[name] for name in sorted(apps) if first is None or name <= _last_name(first)],
        next_page_token=first.next_page_token if first else "",
    )


def _last_name(page: registry_pb.ListVisibleSharesResponse) -> str:
    return page.shares[-1].app.package_name
