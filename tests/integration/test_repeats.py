"""A call whose answer was lost is made again: whatever creates or sends something does it once."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.support.cloud import GATEWAY, Cloud, Device, app, audience, new_number, person

from appshare import errors
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1.friendship_pb2 import Contact, ContactBook, ContactBookDelta
from appshare.v1.share_pb2 import (
    AUDIENCE_KIND_FRIENDS,
    PUSH_POLICY_FRIENDS,
    AudienceChange,
    Inventory,
    InventoryDelta,
    PushPreference,
)

CHAT = "org.appshare.sample.chat"
FRIENDS = audience(AUDIENCE_KIND_FRIENDS)
STRANGER = new_number()

State = Callable[[Device, Device], Awaitable[Any]]


async def friends_of(device: Device, _other: Device) -> Any:
    return await device.call(device.friends.ListFriends, pb.ListFriendsRequest())


async def blocks_of(device: Device, _other: Device) -> Any:
    return await device.call(device.friends.ListBlocks, pb.ListBlocksRequest())


async def apps_of(device: Device, _other: Device) -> Any:
    return await device.call(device.sharing.ListMyApps, pb.ListMyAppsRequest())


async def default_of(device: Device, _other: Device) -> Any:
    return await device.call(device.sharing.GetDefaultAudience, pb.GetDefaultAudienceRequest())


async def preference_of(device: Device, _other: Device) -> Any:
    return await device.call(device.sharing.GetPushPreference, pb.GetPushPreferenceRequest())


async def events_of_the_other(_device: Device, other: Device) -> Any:
    return await other.call(other.inbox.ListEvents, pb.ListEventsRequest())


def book(device: Device, other: Device) -> Any:
    contacts = [Contact(contact_id=1, numbers=[other.number]), Contact(contact_id=2, numbers=[STRANGER])]
    return device.friends.SyncContacts, pb.SyncContactsRequest(full=ContactBook(contacts=contacts))


def block(device: Device, _other: Device) -> Any:
    return device.friends.BlockPerson, pb.BlockPersonRequest(person=person(STRANGER))


def unblock(device: Device, _other: Device) -> Any:
    return device.friends.UnblockPerson, pb.UnblockPersonRequest(person=person(STRANGER))


def publish(device: Device, _other: Device) -> Any:
    return device.sharing.PublishApps, pb.PublishAppsRequest(full=Inventory(apps=[app(CHAT, 2)]))


def publish_more(device: Device, _other: Device) -> Any:
    delta = InventoryDelta(upserted=[app("org.appshare.sample.maps")], removed_package_names=[CHAT])
    return device.sharing.PublishApps, pb.PublishAppsRequest(delta=delta)


def share_more(device: Device, _other: Device) -> Any:
    change = AudienceChange(package_name=CHAT, audience=FRIENDS)
    return device.sharing.SetAudiences, pb.SetAudiencesRequest(changes=[change])


def set_default(device: Device, _other: Device) -> Any:
    return device.sharing.SetDefaultAudience, pb.SetDefaultAudienceRequest(audience=FRIENDS)


def set_preference(device: Device, _other: Device) -> Any:
    preference = PushPreference(policy=PUSH_POLICY_FRIENDS)
    return device.sharing.SetPushPreference, pb.SetPushPreferenceRequest(preference=preference)


def push(device: Device, other: Device) -> Any:
    request = pb.PushSharesRequest(recipients=[person(other.number)], note="Look!", request_id="one")
    return device.sharing.PushShares, request


def report(device: Device, other: Device) -> Any:
    request = pb.ReportInstallRequest(owner=person(other.number), package_name=CHAT, version_code=1)
    return device.sharing.ReportInstall, request


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (book, friends_of),
        (block, blocks_of),
        (unblock, blocks_of),
        (publish, apps_of),
        (publish_more, apps_of),
        (share_more, apps_of),
        (set_default, default_of),
        (set_preference, preference_of),
        (push, events_of_the_other),
        (report, events_of_the_other),
    ],
)
async def test_what_comes_again_is_done_once(cloud: Cloud, change: Any, state: State) -> None:
    device, other = await cloud.friends()
    for each in (device, other):
        await each.share(chat=AUDIENCE_KIND_FRIENDS)
        await each.accept_pushes(PUSH_POLICY_FRIENDS)
    answer = await device.call(*change(device, other))
    after = await state(device, other)
    again = await device.call(*change(device, other))
    if change is not book:  # which tells the version of the book, and that counts the syncs
        assert again == answer
    assert await state(device, other) == after


async def test_a_delta_of_a_book_that_comes_again_is_stale(cloud: Cloud) -> None:
    device = await cloud.register()
    version = (await device.sync(new_number())).book_version
    delta = ContactBookDelta(base_version=version, upserted=[Contact(contact_id=2, numbers=[new_number()])])
    request = pb.SyncContactsRequest(delta=delta)
    assert (await device.call(device.friends.SyncContacts, request)).contact_count == 2
    with pytest.raises(errors.AbortedError) as refusal:
        await device.call(device.friends.SyncContacts, request)
    assert refusal.value.reason is errors.Reason.STALE_BOOK_VERSION


async def test_an_acknowledgement_that_comes_again_is_taken(cloud: Cloud) -> None:
    device, other = await cloud.friends()
    await other.accept_pushes(PUSH_POLICY_FRIENDS)
    await device.share(chat=AUDIENCE_KIND_FRIENDS)
    await device.call(*push(device, other))
    [event] = await other.events()
    for _ in range(2):
        request = pb.AcknowledgeEventsRequest(through_position=event.position)
        await other.call(other.inbox.AcknowledgeEvents, request)
    assert await other.events() == []


async def test_a_registration_that_is_asked_for_again_sends_no_second_code(cloud: Cloud) -> None:
    request = pb.RegisterRequest(number=new_number(), request_id="one")
    account = Device("", pb.Session(), cloud.channel).account
    started = {(await GATEWAY.unary(account.Register, request)).registration_id for _ in range(3)}
    assert len(started) == 1
    assert cloud.code(started.pop())
