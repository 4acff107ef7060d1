"""The durable events of the device."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from appshare.device_agent import model, wire
from appshare.device_agent.calls.session import PAGE_SIZE, SessionCalls
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1.device_gateway_pb2_grpc import InboxServiceStub


class InboxCalls(SessionCalls):
    """The calls of `InboxService`."""

    async def subscribe(self) -> AsyncGenerator[model.Event | model.Heartbeat, None]:
        """Streams the events that are not acknowledged, then new ones; heartbeats first and when nothing happens."""
        stream = self._stream(InboxServiceStub(self._channel).Subscribe, pb.SubscribeRequest())
        async with aclosing(stream) as messages:
            async for message in messages:
                match message.WhichOneof("message"):
                    case "event":
                        yield wire.read_event(message.event)
                    case "friendship_changed":
                        yield wire.read_friendship_change(message.friendship_changed)
                    case "heartbeat":
                        yield wire.read_heartbeat(message.heartbeat)

    async def waiting_events(
        self, after_position: int = 0, after_friendship_position: int = 0
    ) -> tuple[list[model.InboxEvent], list[model.FriendshipChanged]]:
        """Reads some of the events of each kind behind its position that are not acknowledged, oldest first.

        When there is none of either kind, none waits.
        """
        request = pb.ListEventsRequest(
            page_size=PAGE_SIZE,
            after_position=after_position,
            after_friendship_position=after_friendship_position,
        )
        response = await self._call(InboxServiceStub(self._channel).ListEvents, request)
        changes = map(wire.read_friendship_change, response.friendship_changes)
        return [wire.read_event(event) for event in response.events], list(changes)

    async def acknowledge(self, through_position: int = 0, through_friendship_position: int = 0) -> None:
        """Acknowledges every event of each kind up to its position; 0 acknowledges none."""
        request = pb.AcknowledgeEventsRequest(
            through_position=through_position, through_friendship_position=through_friendship_position
        )
        await self._call(InboxServiceStub(self._channel).AcknowledgeEvents, request)
