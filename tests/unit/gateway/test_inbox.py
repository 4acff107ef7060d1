import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from tests.unit.gateway.stage import Stage

from appshare import errors
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import relation_radar_pb2 as radar_pb
from appshare.v1 import share_registry_pb2 as registry_pb
from appshare.v1.friendship_pb2 import (
    FRIENDSHIP_LEVEL_LIKELY,
    FRIENDSHIP_LEVEL_NONE,
    Friend,
    FriendshipChanged,
)
from appshare.v1.inbox_pb2 import AppInstalled, InboxEvent, InboxGap, InboxHeartbeat, SharesPushed

GONE = errors.UnavailableError(errors.Reason.SERVICE_UNAVAILABLE, "gone")
AHEAD = errors.OutOfRangeError(errors.Reason.POSITION_AHEAD, "ahead", field="through_position")


def pushed(position: int, sender: str) -> InboxEvent:
    return InboxEvent(position=position, shares_pushed=SharesPushed(sender_device_id=sender))


def installed(position: int, viewer: str) -> InboxEvent:
    return InboxEvent(position=position, app_installed=AppInstalled(viewer_device_id=viewer))


def changed(position: int) -> FriendshipChanged:
    return FriendshipChanged(position=position, friend=Friend(device_id="friend"))


def in_inbox(*messages: InboxEvent | int) -> list[registry_pb.StreamInboxResponse]:
    """Events, and heartbeats by the position of the head."""
    return [
        registry_pb.StreamInboxResponse(event=each)
        if isinstance(each, InboxEvent)
        else registry_pb.StreamInboxResponse(heartbeat=InboxHeartbeat(head_position=each))
        for each in messages
    ]


def of_friendships(*messages: FriendshipChanged | int) -> list[radar_pb.WatchFriendshipsResponse]:
    return [
        radar_pb.WatchFriendshipsResponse(change=each)
        if isinstance(each, FriendshipChanged)
        else radar_pb.WatchFriendshipsResponse(heartbeat=radar_pb.FriendshipsHeartbeat(head_position=each))
        for each in messages
    ]


def staying_open(messages: Sequence[Any]) -> Any:
    async def stream() -> AsyncIterator[Any]:
        for message in messages:
            yield message
        await asyncio.Event().wait()

    return lambda _: stream()


@pytest.fixture
def known(stage: Stage) -> Stage:
    """`friend` is one, `stranger` is registered, anybody else is blocked or gone."""
    levels = {"friend": FRIENDSHIP_LEVEL_LIKELY, "stranger": FRIENDSHIP_LEVEL_NONE}

    def find(request: radar_pb.BatchFindDevicesRequest) -> radar_pb.BatchFindDevicesResponse:
        assert request.device_id == "me"
        found = [
            [radar_pb.Acquaintance(device_id=each.device_id, as_viewer=levels[each.device_id])]
            if each.device_id in levels
            else []
            for each in request.people
        ]
        return radar_pb.BatchFindDevicesResponse(results=[radar_pb.PersonDevices(acquaintances=each) for each in found])

    stage.radar.answers["BatchFindDevices"] = find
    return stage


async def received(stage: Stage, count: int) -> list[tuple[str, Any]]:
    """The first messages of a subscription: kinds, and positions (both heads of a heartbeat)."""
    messages = stage.stream(pb.SubscribeRequest())
    found = []
    for _ in range(count):
        message = await anext(messages)
        kind = message.WhichOneof("message")
        heartbeat = message.heartbeat
        found.append(
            (kind, (heartbeat.head_position, heartbeat.head_friendship_position))
            if kind == "heartbeat"
            else (kind, getattr(message, kind).position)
        )
    await messages.aclose()
    return found


async def test_the_first_message_tells_both_heads_then_come_events_of_both(known: Stage) -> None:
    known.registry.answers["StreamInbox"] = staying_open(in_inbox(5, pushed(4, "friend")))
    known.radar.answers["WatchFriendships"] = staying_open(of_friendships(9, changed(8)))
    first, *rest = await received(known, 3)
    assert first == ("heartbeat", (5, 9))
    assert sorted(rest) == [("event", 4), ("friendship_changed", 8)]


async def test_a_heartbeat_of_either_tells_both_heads(known: Stage) -> None:
    known.registry.answers["StreamInbox"] = staying_open(in_inbox(5, pushed(6, "friend"), 6))
    known.radar.answers["WatchFriendships"] = staying_open(of_friendships(9))
    assert await received(known, 3) == [("heartbeat", (5, 9)), ("event", 6), ("heartbeat", (6, 9))]
    known.registry.answers["StreamInbox"] = staying_open(in_inbox(5))
    known.radar.answers["WatchFriendships"] = staying_open(of_friendships(9, changed(10), 10))
    assert await received(known, 3) == [("heartbeat", (5, 9)), ("friendship_changed", 10), ("heartbeat", (5, 10))]


@pytest.mark.parametrize("failing", ["StreamInbox", "WatchFriendships"])
async def test_an_error_of_either_stream_ends_the_call(known: Stage, failing: str) -> None:
    known.registry.answers["StreamInbox"] = staying_open(in_inbox(5))
    known.radar.answers["WatchFriendships"] = staying_open(of_friendships(9))
    scripted = known.registry if failing == "StreamInbox" else known.radar
    scripted.answers[failing] = [*(in_inbox(5) if scripted is known.registry else of_friendships(9)), GONE]
    with pytest.raises(errors.UnavailableError):
        await received(known, 3)


async def test_who_stops_listening_frees_both_streams(known: Stage) -> None:
    ended = {"StreamInbox": asyncio.Event(), "WatchFriendships": asyncio.Event()}

    def until_cancelled(name: str, first: Any) -> Any:
        async def stream() -> AsyncIterator[Any]:
            try:
                yield first
                await asyncio.Event().wait()
            finally:
                ended[name].set()

        return lambda _: stream()

    known.registry.answers["StreamInbox"] = until_cancelled("StreamInbox", in_inbox(5)[0])
    known.radar.answers["WatchFriendships"] = until_cancelled("WatchFriendships", of_friendships(9)[0])
    await received(known, 1)
    for each in ended.values():
        await each.wait()


EVENTS = [
    pushed(1, "stranger"),
    pushed(2, "blocked"),
    pushed(3, "friend"),
    installed(4, "blocked"),
    installed(5, "stranger"),
    InboxEvent(position=6, gap=InboxGap(event_count=2)),
]
DUE = [3, 5, 6]
"""Pushes of friends, receipts of whoever is not blocked, and gaps."""


async def test_a_stream_leaves_out_what_is_not_due_any_more(known: Stage) -> None:
    known.registry.answers["StreamInbox"] = staying_open(in_inbox(6, *EVENTS))
    known.radar.answers["WatchFriendships"] = staying_open(of_friendships(0))
    assert [position for kind, position in await received(known, 4) if kind == "event"] == DUE


def read_from(events: Sequence[InboxEvent], page: int) -> Any:
    def read(request: registry_pb.ReadInboxRequest) -> registry_pb.ReadInboxResponse:
        assert request.device_id == "me"
        waiting = [event for event in events if event.position > request.after_position]
        return registry_pb.ReadInboxResponse(events=waiting[:page], head_position=events[-1].position)

    return read


async def test_a_page_leaves_out_what_is_not_due_any_more_in_one_look(known: Stage) -> None:
    known.registry.answers["ReadInbox"] = read_from(EVENTS, 50)
    changes = radar_pb.ReadFriendshipChangesResponse(changes=[changed(8)], head_position=9)
    known.radar.answers["ReadFriendshipChanges"] = changes
    listed = await known.ask(pb.ListEventsRequest(after_friendship_position=7))
    assert [event.position for event in listed.events] == DUE
    assert (listed.head_position, listed.head_friendship_position) == (6, 9)
    assert list(listed.friendship_changes) == [changed(8)]
    assert known.radar.asked("ReadFriendshipChanges")[0].after_position == 7
    assert len(known.radar.asked("BatchFindDevices")) == 1


async def test_a_page_is_empty_only_when_nothing_is_left(known: Stage) -> None:
    known.registry.answers["ReadInbox"] = read_from(EVENTS, 1)
    positions, after = [], 0
    while events := (await known.ask(pb.ListEventsRequest(after_position=after))).events:
        positions += [event.position for event in events]
        after = events[-1].position
    assert positions == DUE


async def test_who_is_asked_about_fits_into_a_request(known: Stage) -> None:
    many = [pushed(index, f"device-{index}") for index in range(1, 151)]
    known.registry.answers["ReadInbox"] = read_from(many, 200)
    await known.ask(pb.ListEventsRequest(page_size=200))
    assert [len(each.people) for each in known.radar.asked("BatchFindDevices")] == [100, 50]


@pytest.mark.parametrize(
    ("request_", "asked"),
    [
        (pb.AcknowledgeEventsRequest(through_position=3), ["AcknowledgeInbox"]),
        (pb.AcknowledgeEventsRequest(through_friendship_position=4), ["AcknowledgeFriendshipChanges"]),
        (
            pb.AcknowledgeEventsRequest(through_position=3, through_friendship_position=4),
            ["ReadInbox", "AcknowledgeFriendshipChanges", "AcknowledgeInbox"],
        ),
        (pb.AcknowledgeEventsRequest(), []),
    ],
)
async def test_each_kind_is_acknowledged_where_it_is_kept(stage: Stage, request_: Any, asked: list[str]) -> None:
    stage.registry.answers["ReadInbox"] = registry_pb.ReadInboxResponse(head_position=3)
    await stage.ask(request_)
    assert stage.asked == ["CheckDevice", *asked]
    for name, request in stage.calls[1:]:
        assert request.device_id == "me"
        if name.startswith("Acknowledge"):
            assert request.through_position == (3 if name == "AcknowledgeInbox" else 4)


async def test_when_a_position_of_the_inbox_is_ahead_nothing_is_acknowledged(stage: Stage) -> None:
    stage.registry.answers["ReadInbox"] = registry_pb.ReadInboxResponse(head_position=3)
    with pytest.raises(errors.OutOfRangeError) as refusal:
        await stage.ask(pb.AcknowledgeEventsRequest(through_position=4, through_friendship_position=4))
    assert (refusal.value.reason, refusal.value.field) == (errors.Reason.POSITION_AHEAD, "through_position")
    assert not any(name.startswith("Acknowledge") for name in stage.asked)


async def test_when_a_position_of_the_friendships_is_ahead_nothing_is_acknowledged(stage: Stage) -> None:
    stage.registry.answers["ReadInbox"] = registry_pb.ReadInboxResponse(head_position=3)
    stage.radar.answers["AcknowledgeFriendshipChanges"] = AHEAD
    with pytest.raises(errors.OutOfRangeError) as refusal:
        await stage.ask(pb.AcknowledgeEventsRequest(through_position=3, through_friendship_position=4))
    assert (refusal.value.reason, refusal.value.field) == (errors.Reason.POSITION_AHEAD, "through_friendship_position")
    assert stage.registry.asked("AcknowledgeInbox") == []
