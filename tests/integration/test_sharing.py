"""What a device shares by default, sees of all friends, takes back and tells."""

from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from tests.support.cloud import ANDROID_14, GATEWAY, Cloud, Device, app, audience, new_number, person

from appshare import errors
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import share_pb2
from appshare.v1.device_pb2 import DeviceProfile
from appshare.v1.fit_pb2 import FitAnswer
from appshare.v1.friendship_pb2 import PersonRef
from appshare.v1.share_pb2 import AUDIENCE_KIND_FRIENDS, AUDIENCE_KIND_NOBODY, PUSH_POLICY_FRIENDS
from appshare.v1.update_pb2 import UPDATE_STATE_AVAILABLE, UPDATE_STATE_NONE, AppUpdate, InstalledApp

CHAT = "org.appshare.sample.chat"


async def publish(device: Device, *apps: tuple[str, int]) -> None:
    inventory = share_pb2.Inventory(apps=[app(f"org.appshare.sample.{name}", version) for name, version in apps])
    await device.call(device.sharing.PublishApps, pb.PublishAppsRequest(full=inventory))


async def share_new_apps_with_friends(device: Device) -> None:
    request = pb.SetDefaultAudienceRequest(audience=audience(AUDIENCE_KIND_FRIENDS))
    await device.call(device.sharing.SetDefaultAudience, request)


async def test_apps_that_come_later_get_the_default_audience(cloud: Cloud) -> None:
    owner, viewer = await cloud.friends()
    read = await owner.call(owner.sharing.GetDefaultAudience, pb.GetDefaultAudienceRequest())
    assert read.audience == audience(AUDIENCE_KIND_NOBODY)
    await publish(owner, ("mail", 1))
    await share_new_apps_with_friends(owner)
    await publish(owner, ("mail", 2), ("chat", 1))
    assert await viewer.shares_of(person(owner.number)) == ["chat"]


async def test_a_list_is_sent_again_only_when_it_has_changed(cloud: Cloud) -> None:
    owner, viewer = await cloud.friends()
    await share_new_apps_with_friends(owner)
    await publish(owner, ("chat", 1))

    async def look(version: str) -> pb.ListSharesResponse:
        request = pb.ListSharesRequest(owner=person(owner.number), known_list_version=version)
        listed: pb.ListSharesResponse = await viewer.call(viewer.sharing.ListShares, request)
        return listed

    version = (await look("")).list_version
    assert (await look(version)).unchanged
    await publish(owner, ("chat", 2))
    changed = await look(version)
    assert [share.app.version_code for share in changed.shares] == [2]
    await owner.sync(new_number())
    with pytest.raises(errors.PermissionDeniedError):
        await look(changed.list_version)


async def test_what_friends_share_is_one_list_and_any_of_them_will_do(cloud: Cloud, samples: Path) -> None:
    one, viewer = await cloud.friends()
    other, stranger = await cloud.register(), await cloud.register()
    await other.sync(viewer.number)
    await viewer.sync(one.number, other.number, stranger.number)
    for version, owner in enumerate((one, other, stranger), start=1):
        await share_new_apps_with_friends(owner)
        await publish(owner, ("chat", version))
    listed = await viewer.call(viewer.sharing.ListFriendsShares, pb.ListFriendsSharesRequest(search="CHA"))
    [merged] = listed.shares
    assert (merged.package_name, merged.friend_count) == (CHAT, 2)
    assert [each.version_code for each in merged.versions] == [2, 1]
    none = await viewer.call(viewer.sharing.ListFriendsShares, pb.ListFriendsSharesRequest(search="maps"))
    assert list(none.shares) == []
    await cloud.add_packages(samples, "chat-1*.apk")
    request = pb.DownloadAppRequest(package_name=CHAT, profile=ANDROID_14)
    messages = GATEWAY.stream(viewer.downloads.DownloadApp, request, metadata=viewer.metadata)
    answer: FitAnswer = (await anext(messages)).answer
    await messages.aclose()
    assert answer.fit.package_name == CHAT
    with pytest.raises(errors.PermissionDeniedError):
        await stranger.call(stranger.downloads.MatchApp, pb.MatchAppRequest(package_name=CHAT, profile=ANDROID_14))


async def test_of_an_app_in_parts_a_friend_gets_those_that_fit_each_whole(cloud: Cloud, samples: Path) -> None:
    owner, viewer = await cloud.friends()
    await owner.share(notes=AUDIENCE_KIND_FRIENDS)
    await cloud.add_packages(samples / "sets", "notes-1.0.apks")
    profile = DeviceProfile()
    profile.CopyFrom(ANDROID_14)
    profile.supported_locales.append("de-DE")
    answer, content = await viewer.download(owner.number, "org.appshare.sample.notes", profile)
    files = answer.fit.files
    assert [file.name for file in files] == ["base-master_2.apk", "base-de.apk", "base-arm64_v8a_2.apk"]
    stream = BytesIO(content)
    assert [sha256(stream.read(file.size)).hexdigest() for file in files] == [file.sha256 for file in files]
    assert stream.read() == b""


async def test_a_push_is_taken_back_before_it_is_received(cloud: Cloud) -> None:
    sender, recipient = await cloud.friends()
    await sender.share(chat=AUDIENCE_KIND_FRIENDS)
    await recipient.accept_pushes(PUSH_POLICY_FRIENDS)
    request = pb.PushSharesRequest(recipients=[person(recipient.number)])
    pushed = await sender.call(sender.sharing.PushShares, request)
    for push_id in (pushed.push_id, "unknown"):
        await sender.call(sender.sharing.RecallPush, pb.RecallPushRequest(push_id=push_id))
    assert await recipient.events() == []


async def test_a_push_to_a_number_that_cannot_be_read_reaches_nobody(cloud: Cloud) -> None:
    sender, recipient = await cloud.friends()
    await sender.share(chat=AUDIENCE_KIND_FRIENDS)
    await recipient.accept_pushes(PUSH_POLICY_FRIENDS)
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await sender.push_to(recipient.number, "no number")
    assert (refusal.value.reason, refusal.value.field) == (
        errors.Reason.INVALID_PHONE_NUMBER,
        "recipients[1].number",
    )
    assert await recipient.events() == []


async def test_an_owner_is_told_of_an_install_unless_one_blocks_the_other(cloud: Cloud) -> None:
    owner, viewer = await cloud.friends()
    await owner.share(chat=AUDIENCE_KIND_FRIENDS, mail=AUDIENCE_KIND_NOBODY)

    async def report(package_name: str) -> None:
        request = pb.ReportInstallRequest(owner=person(owner.number), package_name=package_name, version_code=1)
        await viewer.call(viewer.sharing.ReportInstall, request)

    await report(CHAT)
    [event] = await owner.events()
    assert event.app_installed.viewer_device_id == viewer.session.device_id
    assert event.app_installed.package_name == CHAT
    with pytest.raises(errors.PermissionDeniedError):
        await report("org.appshare.sample.mail")
    viewer_as_met = PersonRef(device_id=viewer.session.device_id)
    await owner.call(owner.friends.BlockPerson, pb.BlockPersonRequest(person=viewer_as_met))
    assert await owner.events() == []


async def test_updates_are_those_of_what_friends_share(cloud: Cloud, samples: Path) -> None:
    owner, viewer = await cloud.friends()
    await owner.share(chat=AUDIENCE_KIND_FRIENDS, mail=AUDIENCE_KIND_NOBODY)
    await cloud.add_packages(samples, "chat-1*.apk")
    await cloud.add_packages(samples, "mail*.apk")
    installed = [InstalledApp(package_name=f"org.appshare.sample.{name}") for name in ("mail", "chat", "maps")]

    async def check(**changes: Any) -> list[AppUpdate]:
        request = pb.CheckAppUpdatesRequest(**{"installed": installed, "profile": ANDROID_14, **changes})
        answer: pb.CheckAppUpdatesResponse = await viewer.call(viewer.downloads.CheckAppUpdates, request)
        return list(answer.updates)

    mail, chat, maps = await check()
    assert (chat.package_name, chat.state, chat.version_code) == (CHAT, UPDATE_STATE_AVAILABLE, 100)
    assert [each.state for each in (mail, maps)] == [UPDATE_STATE_NONE] * 2
    await owner.share(chat=AUDIENCE_KIND_NOBODY)
    assert [each.state for each in await check()] == [UPDATE_STATE_NONE] * 3
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await check(installed=[*installed, installed[0]])
    assert (refusal.value.reason, refusal.value.field) == (errors.Reason.INVALID_FIELD, "installed[3]")
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await check(installed=[], profile=DeviceProfile())
    assert refusal.value.reason is errors.Reason.INVALID_DEVICE_PROFILE
