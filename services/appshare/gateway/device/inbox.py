"""The durable events of a device: those of its inbox and the changes of its friendships, put together."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from appshare import errors
from appshare.gateway.authentication import calling_device
from appshare.gateway.backends import RADAR, REGISTRY, Backends
from appshare.gateway.delivery import due_events
from appshare.gateway.doubts import Doubts
from appshare.gateway.merging import merged
from appshare.gateway.registration_check import registration_check
from appshare.rpc.call import DEFAULT_TIMEOUT, remaining_time
from appshare.rpc.interceptor import Context
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import device_gateway_pb2_grpc
from appshare.v1 import relation_radar_pb2 as radar_pb
from appshare.v1 import share_registry_pb2 as registry_pb
from appshare.v1.inbox_pb2 import InboxHeartbeat

_Message: TypeAlias = registry_pb.StreamInboxResponse | radar_pb.WatchFriendshipsResponse


class InboxServicer(device_gateway_pb2_grpc.InboxServiceServicer):
    """Serves `InboxService`."""

    def __init__(self, backends: Backends, doubts: Doubts) -> None:
        self._backends = backends
        self._doubts = doubts
        self._check_device = registration_check(backends)
        self._radar = backends.radar
        self._registry = backends.registry

    async def Subscribe(self, request: pb.SubscribeRequest, context: Context) -> AsyncIterator[pb.SubscribeResponse]:
        """Streams the events that are not acknowledged, then new ones."""
        device_id = calling_device()
        inbox = REGISTRY.stream(self._registry.StreamInbox, registry_pb.StreamInboxRequest(device_id=device_id))
        friendships = RADAR.stream(self._radar.WatchFriendships, radar_pb.WatchFriendshipsRequest(device_id=device_id))
        both: AsyncGenerator[_Message, None] = merged(inbox, friendships)
        check = partial(self._check_device, device_id, DEFAULT_TIMEOUT)
        with self._doubts.standing([device_id], check) as standing:
            async with aclosing(self._responses(device_id, both, context)) as responses:
                async for response in responses:
                    standing.require()
                    yield response

    async def _responses(
        self, device_id: str, both: AsyncGenerator[_Message, None], context: Context
    ) -> AsyncGenerator[pb.SubscribeResponse, None]:
        heads = _Heads()
        async with aclosing(both) as messages:
            async for message in messages:
                response = heads.response(message)
                if response and await self._is_due(device_id, response, context):
                    yield response

    async def ListEvents(self, request: pb.ListEventsRequest, context: Context) -> pb.ListEventsResponse:
        """Reads the events that are not acknowledged."""
        device_id = calling_device()
        changes = radar_pb.ReadFriendshipChangesRequest(
            device_id=device_id, page_size=request.page_size, after_position=request.after_friendship_position
        )
        inbox, friendships = await asyncio.gather(
            self._read_inbox(device_id, request, context),
            RADAR.unary(self._radar.ReadFriendshipChanges, changes, time_limit=remaining_time(context)),
        )
        return pb.ListEventsResponse(
            events=inbox.events,
            head_position=inbox.head_position,
            friendship_changes=friendships.changes,
            head_friendship_position=friendships.head_position,
        )

    async def AcknowledgeEvents(
        self, request: pb.AcknowledgeEventsRequest, context: Context
    ) -> pb.AcknowledgeEventsResponse:
        """Acknowledges events, of both kinds or none."""
        device_id = calling_device()
        if request.through_position and request.through_friendship_position:
            await self._require_reached(device_id, request.through_position, context)
        if request.through_friendship_position:
            await self._acknowledge_friendships(device_id, request.through_friendship_position, context)
        if request.through_position:
            acknowledge = registry_pb.AcknowledgeInboxRequest(
                device_id=device_id, through_position=request.through_position
            )
            await REGISTRY.unary(self._registry.AcknowledgeInbox, acknowledge, time_limit=remaining_time(context))
        return pb.AcknowledgeEventsResponse()

    async def _is_due(self, device_id: str, response: pb.SubscribeResponse, context: Context) -> bool:
        if not response.HasField("event"):
            return True
        return bool(await due_events(self._backends, device_id, [response.event], context))

    async def _read_inbox(
        self, device_id: str, request: pb.ListEventsRequest, context: Context
    ) -> registry_pb.ReadInboxResponse:
        """A page of what may be delivered; empty only when nothing is left to read."""
        after = request.after_position
        while True:
            read = await self._read_page(device_id, request.page_size, after, context)
            due = await due_events(self._backends, device_id, read.events, context)
            if due or not read.events:
                return registry_pb.ReadInboxResponse(events=due, head_position=read.head_position)
            after = read.events[-1].position

    async def _read_page(
        self, device_id: str, page_size: int, after: int, context: Context
    ) -> registry_pb.ReadInboxResponse:
        page = registry_pb.ReadInboxRequest(device_id=device_id, page_size=page_size, after_position=after)
        return await REGISTRY.unary(self._registry.ReadInbox, page, time_limit=remaining_time(context))

    async def _require_reached(self, device_id: str, position: int, context: Context) -> None:
        """Refuses a position of the inbox before anything is acknowledged; a head never goes back."""
        head = (await self._read_page(device_id, 1, position, context)).head_position
        if position > head:
            raise _ahead("through_position", f"the newest event is at position {head}")

    async def _acknowledge_friendships(self, device_id: str, position: int, context: Context) -> None:
        acknowledge = radar_pb.AcknowledgeFriendshipChangesRequest(device_id=device_id, through_position=position)
        try:
            await RADAR.unary(self._radar.AcknowledgeFriendshipChanges, acknowledge, time_limit=remaining_time(context))
        except errors.OutOfRangeError as error:
            raise _ahead("through_friendship_position", error.message) from None


@dataclass
class _Heads:
    """Both streams' messages in the words of the one, and the newest positions that they told; None before that."""

    inbox: int | None = None
    friendships: int | None = None

    def response(self, message: _Message) -> pb.SubscribeResponse | None:
        """What the device gets for a message; None while only one of the heads is known."""
        if isinstance(message, registry_pb.StreamInboxResponse):
            self.inbox = max(self.inbox or 0, message.event.position, message.heartbeat.head_position)
            if message.HasField("event"):
                return pb.SubscribeResponse(event=message.event)
        else:
            self.friendships = max(self.friendships or 0, message.change.position, message.heartbeat.head_position)
            if message.HasField("change"):
                return pb.SubscribeResponse(friendship_changed=message.change)
        return self._heartbeat()

    def _heartbeat(self) -> pb.SubscribeResponse | None:
        if self.inbox is None or self.friendships is None:
            return None
        heartbeat = InboxHeartbeat(head_position=self.inbox, head_friendship_position=self.friendships)
        return pb.SubscribeResponse(heartbeat=heartbeat)


def _ahead(field: str, message: str) -> errors.OutOfRangeError:
    return errors.OutOfRangeError(errors.Reason.POSITION_AHEAD, message, field=field)
