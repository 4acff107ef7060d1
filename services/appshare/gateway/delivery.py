"""Which events of an inbox may go to their device now: an event may wait for days, and friendships end meanwhile."""

from collections.abc import Mapping, Sequence

from appshare.gateway.backends import Backends
from appshare.gateway.people import MAX_PEOPLE, find_devices_of_all
from appshare.rpc.call import remaining_time
from appshare.rpc.interceptor import Context
from appshare.v1.friendship_pb2 import FRIENDSHIP_LEVEL_NONE, FriendshipLevel, PersonRef
from appshare.v1.inbox_pb2 import InboxEvent

Levels = Mapping[str, "FriendshipLevel.ValueType"]
"""The level of owners by device id, with the device of the inbox as viewer; who is blocked or gone is missing."""


async def due_events(
    backends: Backends, device_id: str, events: Sequence[InboxEvent], context: Context
) -> list[InboxEvent]:
    """Those of the events that may be delivered to the device, in their order."""
    others = list(dict.fromkeys(other for event in events if (other := _other_device(event))))
    levels: dict[str, FriendshipLevel.ValueType] = {}
    for start in range(0, len(others), MAX_PEOPLE):
        people = [PersonRef(device_id=other) for other in others[start : start + MAX_PEOPLE]]
        found = await find_devices_of_all(backends, device_id, people, time_limit=remaining_time(context))
        levels |= {each.device_id: each.as_viewer for result in found for each in result.acquaintances}
    return [event for event in events if _is_due(event, levels)]


def _other_device(event: InboxEvent) -> str:
    """The device that the event is about; empty when it is about none."""
    return event.shares_pushed.sender_device_id or event.app_installed.viewer_device_id


def _is_due(event: InboxEvent, levels: Levels) -> bool:
    match event.WhichOneof("event"):
        case "shares_pushed":
            return levels.get(event.shares_pushed.sender_device_id, FRIENDSHIP_LEVEL_NONE) > FRIENDSHIP_LEVEL_NONE
        case "app_installed":
            # Also somebody who is no friend installs what is shared with everyone.
            return event.app_installed.viewer_device_id in levels
        case _:
            return True
