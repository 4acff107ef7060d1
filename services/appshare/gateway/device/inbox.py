"""The durable events of a device."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from appshare.gateway.authentication import calling_device
from appshare.gateway.backends import REGISTRY, Backends
from appshare.rpc.call import remaining_time
from appshare.rpc.interceptor import Context
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import device_gateway_pb2_grpc
from appshare.v1 import share_registry_pb2 as registry_pb


class InboxServicer(device_gateway_pb2_grpc.InboxServiceServicer):
    """Serves `InboxService`."""

    def __init__(self, backends: Backends) -> None:
        self._registry = backends.registry

    async def Subscribe(self, request: pb.SubscribeRequest, context: Context) -> AsyncIterator[pb.SubscribeResponse]:
        """Streams the events that are not acknowledged, then new ones."""
        wanted = registry_pb.StreamInboxRequest(device_id=calling_device())
        async with aclosing(REGISTRY.stream(self._registry.StreamInbox, wanted)) as messages:
            async for message in messages:
                if message.HasField("event"):
                    yield pb.SubscribeResponse(event=message.event)
                else:
                    yield pb.SubscribeResponse(heartbeat=message.heartbeat)

    async def ListEvents(self, request: pb.ListEventsRequest, context: Context) -> pb.ListEventsResponse:
        """Reads the events that are not acknowledged."""
        read = await REGISTRY.unary(
            self._registry.ReadInbox,
            registry_pb.ReadInboxRequest(
                device_id=calling_device(), page_size=request.page_size, after_position=request.after_position
            ),
            time_limit=remaining_time(context),
        )
        return pb.ListEventsResponse(events=read.events, head_position=read.head_position)

    async def AcknowledgeEvents(
        self, request: pb.AcknowledgeEventsRequest, context: Context
    ) -> pb.AcknowledgeEventsResponse:
        """Acknowledges events."""
        await REGISTRY.unary(
            self._registry.AcknowledgeInbox,
            registry_pb.AcknowledgeInboxRequest(device_id=calling_device(), through_position=request.through_position),
            time_limit=remaining_time(context),
        )
        return pb.AcknowledgeEventsResponse()
