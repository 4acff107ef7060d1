"""The original design, line by line: each test is named by the number of its line."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.cloud import ANDROID_14, GATEWAY, Cloud, Device, new_number, person, running_cloud

from appshare import errors
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import friendship_pb2
from appshare.v1 import operator_gateway_pb2 as operator_pb
from appshare.v1.device_pb2 import PLATFORM_ANDROID, PLATFORM_IOS, DeviceProfile, Resolution
from appshare.v1.fit_pb2 import NO_FIT_KIND_MIN_SDK
from appshare.v1.friendship_pb2 import FRIENDSHIP_LEVEL_CONFIRMED, FRIENDSHIP_LEVEL_LIKELY, FRIENDSHIP_LEVEL_NONE
from appshare.v1.share_pb2 import (
    AUDIENCE_KIND_EVERYONE,
    AUDIENCE_KIND_FRIENDS,
    AUDIENCE_KIND_NOBODY,
    PUSH_POLICY_FRIENDS,
    PUSH_POLICY_OFF,
)

CHAT = "org.appshare.sample.chat"
MAPS = "org.appshare.sample.maps"


@pytest.fixture
async def plain_cloud(tmp_path: Path) -> AsyncIterator[Cloud]:
    """A cloud with the rule of the original design: nobody has to list anybody."""
    async with running_cloud(tmp_path, friendship_rule="shared_contacts") as running:
        yield running


@pytest.mark.parametrize("order", ["first the owner", "first the viewer"])
async def test_r1_both_send_their_address_books_in_any_order(cloud: Cloud, order: str) -> None:
    first, second = await cloud.register(), await cloud.register()
    work, fax = new_number(), new_number()
    book = friendship_pb2.ContactBook(
        contacts=[
            friendship_pb2.Contact(contact_id=1, numbers=[second.number, work, fax]),
            friendship_pb2.Contact(contact_id=2, numbers=[new_number()]),
        ]
    )

    async def sync_first() -> None:
        synced = await first.call(first.friends.SyncContacts, pb.SyncContactsRequest(full=book))
        assert (synced.contact_count, synced.skipped_number_count, synced.book_version) == (2, 0, 1)

    if order == "first the owner":
        await sync_first()
        await second.sync(first.number)
    else:
        await second.sync(first.number)
        await sync_first()
    assert await level_seen_by(second, first) == FRIENDSHIP_LEVEL_CONFIRMED


async def level_seen_by(viewer: Device, owner: Device) -> int:
    request = pb.BatchCheckFriendsRequest(people=[person(owner.number)])
    [check] = (await viewer.call(viewer.friends.BatchCheckFriends, request)).checks
    return int(check.level)


@pytest.mark.parametrize(("shared", "level"), [(1, FRIENDSHIP_LEVEL_NONE), (2, FRIENDSHIP_LEVEL_LIKELY)])
async def test_r2_two_contacts_in_common_make_friends(plain_cloud: Cloud, shared: int, level: int) -> None:
    first, second = await plain_cloud.register(), await plain_cloud.register()
    common = [new_number() for _ in range(shared)]
    await first.sync(new_number(), *common)
    await second.sync(*common, new_number())
    assert await level_seen_by(second, first) == level
    assert await level_seen_by(first, second) == level


async def test_r2_by_default_the_owner_must_also_list_the_viewer(cloud: Cloud) -> None:
    first, second = await cloud.register(), await cloud.register()
    common = [new_number(), new_number()]
    await first.sync(*common, second.number)
    await second.sync(*common)
    assert await level_seen_by(second, first) == FRIENDSHIP_LEVEL_LIKELY
    assert await level_seen_by(first, second) == FRIENDSHIP_LEVEL_NONE


async def test_s1_the_user_sets_which_apps_are_shared_and_with_whom(cloud: Cloud) -> None:
    owner = await cloud.register()
    await owner.share(
        fetion=AUDIENCE_KIND_FRIENDS,
        maps=AUDIENCE_KIND_EVERYONE,
        browser=AUDIENCE_KIND_FRIENDS,
        mail=AUDIENCE_KIND_NOBODY,
    )
    listed = await owner.call(owner.sharing.ListMyApps, pb.ListMyAppsRequest())
    assert {each.app.label: each.audience.kind for each in listed.apps} == {
        "Fetion": AUDIENCE_KIND_FRIENDS,
        "Maps": AUDIENCE_KIND_EVERYONE,
        "Browser": AUDIENCE_KIND_FRIENDS,
        "Mail": AUDIENCE_KIND_NOBODY,
    }


async def test_s2_a_friend_asks_for_the_share_information(cloud: Cloud) -> None:
    owner, viewer = await cloud.friends()
    await owner.share(chat=AUDIENCE_KIND_FRIENDS, mail=AUDIENCE_KIND_NOBODY)
    by_number, by_contact = person(owner.number), friendship_pb2.PersonRef(contact_id=1)
    by_device = friendship_pb2.PersonRef(device_id=owner.session.device_id)
    for owner_as_picked in (by_number, by_contact, by_device):
        assert await viewer.shares_of(owner_as_picked) == ["chat"]


async def test_s2_everyone_else_is_refused_in_the_same_way(cloud: Cloud) -> None:
    owner, friend = await cloud.friends()
    stranger = await cloud.register()
    await owner.share(chat=AUDIENCE_KIND_FRIENDS)
    await friend.share(chat=AUDIENCE_KIND_NOBODY)
    not_friends, nothing_shared, not_registered = person(owner.number), person(friend.number), person(new_number())
    refusals = []
    for viewer, whom in ((stranger, not_friends), (owner, nothing_shared), (stranger, not_registered)):
        with pytest.raises(errors.PermissionDeniedError) as refusal:
            await viewer.shares_of(whom)
        refusals.append((refusal.value.reason, refusal.value.message, refusal.value.metadata))
    assert len({str(refusal) for refusal in refusals}) == 1


async def test_s3_a_push_reaches_a_friend_who_accepts_pushes(cloud: Cloud) -> None:
    sender, recipient = await cloud.friends()
    await sender.share(chat=AUDIENCE_KIND_FRIENDS, maps=AUDIENCE_KIND_FRIENDS)
    await recipient.accept_pushes(PUSH_POLICY_FRIENDS)
    assert await sender.push_to(recipient.number, package_names=[CHAT], note="try this") == ["ACCEPTED"]
    [event] = await recipient.events()
    pushed = event.shares_pushed
    assert (pushed.sender_device_id, pushed.note) == (sender.session.device_id, "try this")
    assert [share.app.package_name for share in pushed.shares] == [CHAT]


async def test_s3_receiving_can_be_switched_off_and_is_off_at_first(cloud: Cloud) -> None:
    sender, recipient = await cloud.friends()
    await sender.share(chat=AUDIENCE_KIND_FRIENDS)
    assert await sender.push_to(recipient.number) == ["REFUSED"]
    await recipient.accept_pushes(PUSH_POLICY_FRIENDS)
    assert await sender.push_to(recipient.number) == ["ACCEPTED"]
    await recipient.accept_pushes(PUSH_POLICY_OFF)
    assert await sender.push_to(recipient.number) == ["REFUSED"]
    assert len(await recipient.events()) == 1


async def test_s3_a_push_to_a_stranger_or_to_nobody_is_refused(cloud: Cloud) -> None:
    sender, stranger = await cloud.register(), await cloud.register()
    await sender.share(chat=AUDIENCE_KIND_EVERYONE)
    await stranger.accept_pushes(PUSH_POLICY_FRIENDS)
    assert await sender.push_to(stranger.number, new_number()) == ["REFUSED", "REFUSED"]
    assert await stranger.events() == []


async def test_s3_a_push_waits_for_an_offline_friend_until_it_is_acknowledged(cloud: Cloud) -> None:
    sender, recipient = await cloud.friends()
    await sender.share(chat=AUDIENCE_KIND_FRIENDS)
    await recipient.accept_pushes(PUSH_POLICY_FRIENDS)
    await sender.push_to(recipient.number)
    for _connection in range(2):
        event = await first_event(recipient)
    acknowledge = pb.AcknowledgeEventsRequest(through_position=event.position)
    await recipient.call(recipient.inbox.AcknowledgeEvents, acknowledge)
    assert await recipient.events() == []
    ahead = pb.AcknowledgeEventsRequest(through_position=event.position + 1)
    with pytest.raises(errors.OutOfRangeError) as refusal:
        await recipient.call(recipient.inbox.AcknowledgeEvents, ahead)
    assert refusal.value.reason is errors.Reason.POSITION_AHEAD


async def first_event(device: Device) -> Any:
    messages = GATEWAY.stream(device.inbox.Subscribe, pb.SubscribeRequest(), metadata=device.metadata)
    heartbeat = await anext(messages)
    assert heartbeat.heartbeat.head_position > 0
    message = await anext(messages)
    while not message.HasField("event"):  # the stream carries what comes of friendships as well, as it comes
        message = await anext(messages)
    await messages.aclose()
    return message.event


async def test_s4_friends_only_is_for_friends_and_everyone_is_for_all(cloud: Cloud) -> None:
    owner, friend = await cloud.friends()
    stranger = await cloud.register()
    await owner.share(chat=AUDIENCE_KIND_FRIENDS, maps=AUDIENCE_KIND_EVERYONE)
    assert await friend.shares_of(person(owner.number)) == ["chat", "maps"]
    assert await stranger.shares_of(person(owner.number)) == ["maps"]


async def test_s5_share_information_holds_identity_name_and_version(cloud: Cloud) -> None:
    owner, viewer = await cloud.friends()
    await owner.share(chat=AUDIENCE_KIND_FRIENDS)
    listed = await viewer.call(viewer.sharing.ListShares, pb.ListSharesRequest(owner=person(owner.number)))
    [share] = listed.shares
    app = share.app
    assert (app.package_name, app.label, app.version_name, app.version_code) == (CHAT, "Chat", "1.0", 1)


async def test_d1_one_request_with_app_os_version_and_resolution_brings_the_app(cloud: Cloud, samples: Path) -> None:
    owner, viewer = await cloud.friends()
    await cloud.add_packages(samples, "chat-[123]*.apk")
    await owner.share(chat=AUDIENCE_KIND_FRIENDS)
    answer, content = await viewer.download(owner.number, CHAT)
    [file] = answer.fit.files
    assert hashlib.sha256(content).hexdigest() == file.sha256
    assert file.name == "chat-3.0-arm64-v8a.apk"


async def test_d1_what_is_not_shared_is_not_downloaded(cloud: Cloud, samples: Path) -> None:
    owner, friend = await cloud.friends()
    stranger = await cloud.register()
    await cloud.add_packages(samples, "*-1.0*.apk")
    await owner.share(chat=AUDIENCE_KIND_FRIENDS, maps=AUDIENCE_KIND_NOBODY)
    for viewer, package_name in ((stranger, CHAT), (friend, MAPS), (friend, "org.example.unknown")):
        with pytest.raises(errors.PermissionDeniedError) as refusal:
            await viewer.download(owner.number, package_name)
        assert refusal.value.reason is errors.Reason.NOT_SHARED_WITH_YOU
    await owner.share(chat=AUDIENCE_KIND_EVERYONE)
    answer, _ = await stranger.download(owner.number, CHAT)
    assert answer.HasField("fit")


async def test_d2_an_iphone_gets_the_app_store_link(cloud: Cloud) -> None:
    owner, viewer = await cloud.friends()
    await owner.share(chat=AUDIENCE_KIND_FRIENDS)
    link = operator_pb.SetAppStoreLinkRequest(package_name=CHAT, url="https://apps.example.com/chat")
    await GATEWAY.unary(cloud.catalogue.SetAppStoreLink, link, metadata=cloud.operator_metadata)
    iphone = DeviceProfile(platform=PLATFORM_IOS, os_version="18.1", resolution=Resolution(width=1206, height=2622))
    answer, content = await viewer.download(owner.number, CHAT, iphone)
    assert (answer.app_store_link.url, content) == ("https://apps.example.com/chat", b"")


BUILDS = {
    ("4.4", "armeabi-v7a"): "chat-1.0.apk",
    ("9", "armeabi-v7a"): "chat-2.0-armeabi-v7a.apk",
    ("9", "arm64-v8a", "armeabi-v7a"): "chat-2.0-arm64-v8a.apk",
    ("12", "armeabi-v7a"): "chat-2.0-armeabi-v7a.apk",
    ("12", "x86_64", "arm64-v8a"): "chat-3.0-x86_64.apk",
}
"""By OS version and processors."""


async def test_d3_os_version_and_processor_choose_the_build(cloud: Cloud, samples: Path) -> None:
    owner, viewer = await cloud.friends()
    await cloud.add_packages(samples, "chat-[123]*.apk")
    await owner.share(chat=AUDIENCE_KIND_FRIENDS)
    chosen = {}
    for os_version, *abis in BUILDS:
        profile = DeviceProfile(platform=PLATFORM_ANDROID, os_version=os_version, supported_abis=abis, model="any")
        answer, _ = await viewer.download(owner.number, CHAT, profile)
        [chosen[(os_version, *abis)]] = [each.name for each in answer.fit.files]
    assert chosen == BUILDS


SCREENS = {
    (480, 800, 240): "maps-1.0-hdpi.apk",
    (720, 1280, 320): "maps-1.0-xhdpi.apk",
    (1080, 2400, 420): "maps-1.0-xxhdpi.apk",
}
"""By width, height and density."""


async def test_d3_then_the_resolution_chooses_the_build(cloud: Cloud, samples: Path) -> None:
    owner, viewer = await cloud.friends()
    await cloud.add_packages(samples, "maps-*.apk")
    await owner.share(maps=AUDIENCE_KIND_FRIENDS)
    chosen = {}
    for width, height, density in SCREENS:
        profile = DeviceProfile(
            platform=PLATFORM_ANDROID,
            os_version="13",
            screen_density=density,
            resolution=Resolution(width=width, height=height),
        )
        answer, _ = await viewer.download(owner.number, MAPS, profile)
        [chosen[width, height, density]] = [each.name for each in answer.fit.files]
    assert chosen == SCREENS


async def test_d3_the_table_lists_the_package_files_of_an_app(cloud: Cloud, samples: Path) -> None:
    await cloud.add_packages(samples, "chat-[123]*.apk")
    request = operator_pb.ListAdaptationsRequest(package_name=CHAT)
    table = await GATEWAY.unary(cloud.catalogue.ListAdaptations, request, metadata=cloud.operator_metadata)
    rows = [(row.min_sdk, list(row.abis), row.file_names[0]) for row in table.rows]
    assert (29, ["x86_64"], "chat-3.0-x86_64.apk") in rows
    assert (16, [], "chat-1.0.apk") in rows


async def test_d4_no_such_resource_is_told_with_its_reasons(cloud: Cloud, samples: Path) -> None:
    owner, viewer = await cloud.friends()
    await cloud.add_packages(samples, "chat-[23]*.apk")
    await owner.share(chat=AUDIENCE_KIND_FRIENDS)
    old = DeviceProfile(platform=PLATFORM_ANDROID, os_version="4.4", supported_abis=["armeabi-v7a"])
    answer, content = await viewer.download(owner.number, CHAT, old)
    assert content == b""
    [reason] = [each for each in answer.no_fit.reasons if each.kind == NO_FIT_KIND_MIN_SDK]
    assert reason.message == "needs Android 5.0; you have 4.4"


async def test_d5_the_newest_version_that_fits_is_kept_and_served(cloud: Cloud, samples: Path) -> None:
    owner, viewer = await cloud.friends()
    await owner.share(chat=AUDIENCE_KIND_FRIENDS)
    for pattern, version_code in (("chat-1*.apk", 100), ("chat-2*.apk", 200), ("chat-3*.apk", 300)):
        await cloud.add_packages(samples, pattern)
        answer, _ = await viewer.download(owner.number, CHAT, ANDROID_14)
        assert answer.fit.version_code == version_code
