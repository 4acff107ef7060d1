"""The wire of changes of friendships."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.friendship_changes import FriendshipChanges
from appshare.relation_radar.model import Heartbeat
from appshare.relation_radar.wire import write_change
from appshare.rpc import paging
from appshare.rpc.interceptor import Context
from appshare.v1 import relation_radar_pb2 as pb

_LAST_POSITION = 2**63 - 1
"""A position beyond it is none that a database takes."""


class FriendshipChangeServicer:
    """The RPCs by which a device is told of changes of its friendships."""

    def __init__(self, changes: FriendshipChanges, rule: FriendshipRule) -> None:
        self._changes = changes
        self._rule = rule

    async def WatchFriendships(
        self, request: pb.WatchFriendshipsRequest, context: Context
    ) -> AsyncIterator[pb.WatchFriendshipsResponse]:
        """Streams the changes that are not acknowledged, then new ones."""
        async with aclosing(self._changes.stream(request.device_id)) as stream:
            async for item in stream:
                if isinstance(item, Heartbeat):
                    yield pb.WatchFriendshipsResponse(heartbeat=pb.FriendshipsHeartbeat(head_position=item.head))
                else:
                    yield pb.WatchFriendshipsResponse(change=write_change(item, self._rule))

    async def ReadFriendshipChanges(
        self, request: pb.ReadFriendshipChangesRequest, context: Context
    ) -> pb.ReadFriendshipChangesResponse:
        """Reads the changes that are not acknowledged."""
        changes, head = await self._changes.read(
            request.device_id, min(request.after_position, _LAST_POSITION), paging.page_size(request.page_size)
        )
        return pb.ReadFriendshipChangesResponse(
            changes=[write_change(each, self._rule) for each in changes], head_position=head
        )

    async def AcknowledgeFriendshipChanges(
        self, request: pb.AcknowledgeFriendshipChangesRequest, context: Context
    ) -> pb.AcknowledgeFriendshipChangesResponse:
        """Acknowledges every change up to a position."""
        await self._changes.acknowledge(request.device_id, request.through_position)
        return pb.AcknowledgeFriendshipChangesResponse()
