"""Blocks and friendships that begin and end, as the devices of both sides see them."""

from typing import Any

import pytest
from tests.support.cloud import GATEWAY, Cloud, Device, new_number, person

from appshare import errors
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1.friendship_pb2 import (
    FRIENDSHIP_LEVEL_CONFIRMED,
    FRIENDSHIP_LEVEL_NONE,
    FRIENDSHIP_REASON_BOTH_LIST,
    PersonRef,
)
from appshare.v1.share_pb2 import (
    AUDIENCE_KIND_EVERYONE,
    AUDIENCE_KIND_FRIENDS,
    AUDIENCE_KIND_NOBODY,
    PUSH_POLICY_FRIENDS,
)

CHAT = "org.appshare.sample.chat"
LAST = 2**62


async def block(device: Device, other: Device) -> None:
    await device.call(device.friends.BlockPerson, pb.BlockPersonRequest(person=person(other.number)))


async def unblock(device: Device, other: Device) -> None:
    await device.call(device.friends.UnblockPerson, pb.UnblockPersonRequest(person=person(other.number)))


async def sees_nothing(viewer: Device, owner: Device) -> bool:
    with pytest.raises(errors.PermissionDeniedError) as refusal:
        await viewer.shares_of(person(owner.number))
    return refusal.value.reason is errors.Reason.NOT_SHARED_WITH_YOU


async def changes(device: Device) -> list[Any]:
    listed = await device.call(device.inbox.ListEvents, pb.ListEventsRequest())
    return list(listed.friendship_changes)


async def acknowledge_changes(device: Device) -> None:
    through = max(change.position for change in await changes(device))
    request = pb.AcknowledgeEventsRequest(through_friendship_position=through)
    await device.call(device.inbox.AcknowledgeEvents, request)


async def test_a_block_hides_both_from_each_other_until_it_is_taken_back(cloud: Cloud) -> None:
    one, other = await cloud.friends()
    for device in (one, other):
        await device.share(chat=AUDIENCE_KIND_FRIENDS)
    await block(one, other)
    assert await sees_nothing(one, other)
    assert await sees_nothing(other, one)
    await unblock(one, other)
    assert await one.shares_of(person(other.number)) == ["chat"]
    assert await other.shares_of(person(one.number)) == ["chat"]


async def test_blocks_are_listed_and_taken_back_by_id(cloud: Cloud) -> None:
    one, other = await cloud.friends()
    await block(one, other)
    await one.call(one.friends.BlockPerson, pb.BlockPersonRequest(person=person(new_number())))
    listed = (await one.call(one.friends.ListBlocks, pb.ListBlocksRequest())).blocks
    assert sorted(each.contact_id for each in listed) == [0, 1]
    for each in listed:
        await one.call(one.friends.UnblockPerson, pb.UnblockPersonRequest(block_id=each.block_id))
    assert (await one.call(one.friends.ListBlocks, pb.ListBlocksRequest())).blocks == []
    assert (await other.call(other.friends.ListBlocks, pb.ListBlocksRequest())).blocks == []


async def test_friends_come_with_the_reason(cloud: Cloud) -> None:
    one, other = await cloud.friends()
    [friend] = (await one.call(one.friends.ListFriends, pb.ListFriendsRequest())).friends
    assert (friend.device_id, friend.reason) == (other.session.device_id, FRIENDSHIP_REASON_BOTH_LIST)


async def test_a_push_that_waits_ends_with_the_friendship(cloud: Cloud) -> None:
    sender, recipient = await cloud.friends()
    third = await cloud.register()
    await third.sync(recipient.number)
    await recipient.sync(sender.number, third.number)
    await recipient.accept_pushes(PUSH_POLICY_FRIENDS)
    for device in (sender, third):
        await device.share(chat=AUDIENCE_KIND_EVERYONE)
        assert await device.push_to(recipient.number) == ["ACCEPTED"]
    await sender.sync(new_number())  # does not list the recipient any more
    [event] = await recipient.events()
    assert event.shares_pushed.sender_device_id == third.session.device_id
    assert await streamed(recipient) == [third.session.device_id]


async def test_a_push_that_waits_is_not_delivered_while_its_sender_is_blocked(cloud: Cloud) -> None:
    sender, recipient = await cloud.friends()
    await sender.share(chat=AUDIENCE_KIND_FRIENDS)
    await recipient.accept_pushes(PUSH_POLICY_FRIENDS)
    assert await sender.push_to(recipient.number) == ["ACCEPTED"]
    await block(sender, recipient)
    assert await recipient.events() == []
    await unblock(sender, recipient)
    assert len(await recipient.events()) == 1


async def streamed(device: Device) -> list[str]:
    """The senders of the pushes that a stream delivers, up to its head."""
    messages = GATEWAY.stream(device.inbox.Subscribe, pb.SubscribeRequest(), metadata=device.metadata)
    head, senders = (await anext(messages)).heartbeat.head_position, []
    async for message in messages:
        if message.HasField("event"):
            senders.append(message.event.shares_pushed.sender_device_id)
            if message.event.position == head:
                break
    await messages.aclose()
    return senders


async def test_a_stream_tells_of_pushes_and_friendships(cloud: Cloud) -> None:
    one, other = await cloud.register(), await cloud.register()
    await one.sync(other.number)
    await one.accept_pushes(PUSH_POLICY_FRIENDS)
    await other.share(chat=AUDIENCE_KIND_FRIENDS)
    messages = GATEWAY.stream(one.inbox.Subscribe, pb.SubscribeRequest(), metadata=one.metadata)
    assert (await anext(messages)).WhichOneof("message") == "heartbeat"
    await other.sync(one.number)
    changed = await the_next(messages, "friendship_changed")
    assert (changed.friend.device_id, changed.friend.contact_id) == (other.session.device_id, 1)
    assert changed.friend.level == FRIENDSHIP_LEVEL_CONFIRMED
    assert await other.push_to(one.number) == ["ACCEPTED"]
    event = await the_next(messages, "event")
    assert event.shares_pushed.sender_device_id == other.session.device_id
    await messages.aclose()
    both = pb.AcknowledgeEventsRequest(through_position=event.position, through_friendship_position=changed.position)
    await one.call(one.inbox.AcknowledgeEvents, both)
    listed = await one.call(one.inbox.ListEvents, pb.ListEventsRequest())
    assert (list(listed.events), list(listed.friendship_changes)) == ([], [])
    assert listed.head_position == event.position
    assert listed.head_friendship_position == changed.position


async def the_next(messages: Any, kind: str) -> Any:
    async for message in messages:
        if message.HasField(kind):
            return getattr(message, kind)
    raise AssertionError("the stream has ended")


async def test_the_end_of_a_friendship_is_told_to_both_also_after_a_block(cloud: Cloud) -> None:
    one, other = await cloud.friends()
    for device in (one, other):
        await acknowledge_changes(device)
    await block(one, other)
    for device, gone in ((one, other), (other, one)):
        [change] = await changes(device)
        assert (change.friend.device_id, change.friend.level) == (gone.session.device_id, FRIENDSHIP_LEVEL_NONE)


@pytest.mark.parametrize(
    ("inbox", "friendships", "field"),
    [(LAST, 1, "through_position"), (1, LAST, "through_friendship_position"), (LAST, 0, "through_position")],
)
async def test_when_one_position_is_ahead_nothing_is_acknowledged(
    cloud: Cloud, inbox: int, friendships: int, field: str
) -> None:
    sender, recipient = await cloud.friends()
    await sender.share(chat=AUDIENCE_KIND_FRIENDS)
    await recipient.accept_pushes(PUSH_POLICY_FRIENDS)
    await sender.push_to(recipient.number)
    before = await recipient.call(recipient.inbox.ListEvents, pb.ListEventsRequest())
    assert before.events
    assert before.friendship_changes
    request = pb.AcknowledgeEventsRequest(
        through_position=inbox if inbox == LAST else before.head_position,
        through_friendship_position=friendships if friendships in (0, LAST) else before.head_friendship_position,
    )
    with pytest.raises(errors.OutOfRangeError) as refusal:
        await recipient.call(recipient.inbox.AcknowledgeEvents, request)
    assert (refusal.value.reason, refusal.value.field) == (errors.Reason.POSITION_AHEAD, field)
    assert await recipient.call(recipient.inbox.ListEvents, pb.ListEventsRequest()) == before


async def test_a_preview_is_what_the_other_sees(cloud: Cloud) -> None:
    owner, friend = await cloud.friends()
    await owner.share(chat=AUDIENCE_KIND_FRIENDS, maps=AUDIENCE_KIND_EVERYONE, mail=AUDIENCE_KIND_NOBODY)

    async def preview(viewer: PersonRef) -> list[str]:
        seen = await owner.call(owner.sharing.PreviewShares, pb.PreviewSharesRequest(viewer=viewer))
        return [app.label for app in seen.apps]

    assert await preview(person(friend.number)) == ["Chat", "Maps"]
    stranger, nobody = await cloud.register(), new_number()
    assert await preview(person(stranger.number)) == await preview(person(nobody)) == ["Maps"]
