"""What devices are told when something behind the gateway is missing, wrong or slow."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from tests.support.cloud import GATEWAY, Cloud, Device, new_number, person

from appshare import errors
from appshare.share_registry.__main__ import running as running_registry
from appshare.share_registry.settings import RegistrySettings
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import friendship_pb2, share_pb2
from appshare.v1.share_pb2 import AUDIENCE_KIND_FRIENDS


async def list_my_apps(device: Device) -> Any:
    return await device.call(device.sharing.ListMyApps, pb.ListMyAppsRequest())


async def test_a_service_that_is_down_is_unavailable_and_the_others_go_on(cloud: Cloud) -> None:
    owner, viewer = await cloud.friends()
    await owner.share(chat=AUDIENCE_KIND_FRIENDS)
    await cloud.stop("share_registry")
    with pytest.raises(errors.UnavailableError) as refusal:
        await viewer.shares_of(person(owner.number))
    assert refusal.value.reason is errors.Reason.SERVICE_UNAVAILABLE
    assert refusal.value.retry_after == timedelta(seconds=1)
    assert "ShareRegistry does not answer" in refusal.value.message
    assert (await owner.sync(viewer.number)).contact_count == 1


async def test_a_service_that_comes_back_is_found_again_by_the_same_gateway(cloud: Cloud) -> None:
    owner = await cloud.register()
    await owner.share(chat=AUDIENCE_KIND_FRIENDS)
    address = cloud.services["share_registry"]
    await cloud.stop("share_registry")
    with pytest.raises(errors.UnavailableError):
        await list_my_apps(owner)
    async with running_registry(RegistrySettings(data=cloud.data, listen=address)):
        apps = await until_available(owner)
        assert [each.app.label for each in apps] == ["Chat"]


async def until_available(device: Device) -> Any:
    """The gateway looks for the service again within a second."""
    for _attempt in range(100_000):
        try:
            return (await list_my_apps(device)).apps
        except errors.UnavailableError:
            continue
    raise AssertionError("the gateway did not find the service again")


async def test_a_stream_ends_with_a_clear_error_when_its_service_goes(cloud: Cloud) -> None:
    device = await cloud.register()
    messages = GATEWAY.stream(device.inbox.Subscribe, pb.SubscribeRequest(), metadata=device.metadata)
    await anext(messages)
    await cloud.stop("share_registry")
    with pytest.raises(errors.UnavailableError):
        while True:
            await anext(messages)


async def test_a_call_whose_time_is_over_says_so(cloud: Cloud) -> None:
    device = await cloud.register()
    with pytest.raises(errors.DeadlineExceededError):
        await GATEWAY.unary(
            device.sharing.ListMyApps, pb.ListMyAppsRequest(), time_limit=0.000001, metadata=device.metadata
        )


@pytest.mark.parametrize("number", ["", "abc", "12", "+86138", "10086", "+1 800 555 0199", "9" * 1000, "\u202e"])
async def test_a_malformed_number_is_refused_without_being_repeated(cloud: Cloud, number: str) -> None:
    accounts = Device(number, pb.Session(), cloud.channel).account
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await GATEWAY.unary(accounts.Register, pb.RegisterRequest(number=number, region="CN"))
    assert refusal.value.field == "number"
    assert not number or number not in refusal.value.message


async def test_an_unknown_region_is_refused(cloud: Cloud) -> None:
    accounts = Device("", pb.Session(), cloud.channel).account
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await GATEWAY.unary(accounts.Register, pb.RegisterRequest(number=new_number(), region="XX"))
    assert refusal.value.field == "region"


async def test_a_wrong_code_registers_nothing(cloud: Cloud) -> None:
    accounts = Device("", pb.Session(), cloud.channel).account
    started = await GATEWAY.unary(accounts.Register, pb.RegisterRequest(number=new_number()))
    right = cloud.code(started.registration_id)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for registration_id, code in ((started.registration_id, wrong), ("unknown", right)):
        request = pb.VerifyNumberRequest(registration_id=registration_id, code=code)
        with pytest.raises(errors.PermissionDeniedError) as refusal:
            await GATEWAY.unary(accounts.VerifyNumber, request)
        assert refusal.value.reason is errors.Reason.WRONG_CODE


async def test_an_empty_address_book_is_refused_and_the_old_one_stays(cloud: Cloud) -> None:
    one, other = await cloud.friends()
    for request in (
        pb.SyncContactsRequest(full=friendship_pb2.ContactBook()),
        pb.SyncContactsRequest(),
    ):
        with pytest.raises(errors.InvalidArgumentError):
            await one.call(one.friends.SyncContacts, request)
    listed = await other.call(other.friends.ListFriends, pb.ListFriendsRequest())
    assert [friend.device_id for friend in listed.friends] == [one.session.device_id]


async def test_a_stale_delta_is_told_the_current_version(cloud: Cloud) -> None:
    device = await cloud.register()
    await device.sync(new_number())
    stale = pb.SyncContactsRequest(delta=friendship_pb2.ContactBookDelta(base_version=7, removed_contact_ids=[1]))
    with pytest.raises(errors.AbortedError) as refusal:
        await device.call(device.friends.SyncContacts, stale)
    assert refusal.value.metadata["current_version"] == "1"


async def test_a_push_of_an_app_that_is_not_there_names_it(cloud: Cloud) -> None:
    sender, recipient = await cloud.friends()
    await sender.share(chat=AUDIENCE_KIND_FRIENDS)
    with pytest.raises(errors.NotFoundError) as refusal:
        await sender.push_to(recipient.number, package_names=["org.example.unknown"])
    assert refusal.value.reason is errors.Reason.APP_NOT_FOUND
    change = share_pb2.AudienceChange(
        package_name="org.example.unknown", audience=share_pb2.Audience(kind=AUDIENCE_KIND_FRIENDS)
    )
    with pytest.raises(errors.NotFoundError):
        await sender.call(sender.sharing.SetAudiences, pb.SetAudiencesRequest(changes=[change]))


async def test_a_push_names_somebody(cloud: Cloud) -> None:
    sender = await cloud.register()
    with pytest.raises(errors.InvalidArgumentError):
        await sender.push_to()


async def test_a_push_with_the_same_request_id_is_delivered_once(cloud: Cloud) -> None:
    sender, recipient = await cloud.friends()
    await sender.share(chat=AUDIENCE_KIND_FRIENDS)
    await recipient.accept_pushes(share_pb2.PUSH_POLICY_FRIENDS)
    for _attempt in range(3):
        assert await sender.push_to(recipient.number, request_id="same") == ["ACCEPTED"]
    assert len(await recipient.events()) == 1
    with pytest.raises(errors.AlreadyExistsError):
        await sender.push_to(recipient.number, request_id="same", note="another push")


async def test_a_cancelled_download_frees_the_service(cloud: Cloud, samples: Path) -> None:
    owner, viewer = await cloud.friends()
    await cloud.add_packages(samples, "browser-*.apk")
    await owner.share(browser=AUDIENCE_KIND_FRIENDS)
    open_before = open_packages(cloud.data)
    request = pb.DownloadAppRequest(
        owner=person(owner.number),
        package_name="org.appshare.sample.browser",
        profile={"platform": 1, "sdk_version": 34},
    )
    messages = GATEWAY.stream(viewer.downloads.DownloadApp, request, metadata=viewer.metadata)
    await anext(messages)
    await messages.aclose()
    while open_packages(cloud.data) > open_before:
        await viewer.shares_of(person(owner.number))


def open_packages(data: Path) -> int:
    """How many package files this process, which runs every service, has open."""
    folder = str(data / "app-download" / "packages")
    links = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            links.append(str(link.readlink()))
        except FileNotFoundError:
            continue
    return sum(link.startswith(folder) for link in links)


async def test_no_number_and_no_token_is_in_a_log_or_on_disk(cloud: Cloud) -> None:
    owner, viewer = await cloud.friends()
    await owner.share(chat=AUDIENCE_KIND_FRIENDS)
    await viewer.shares_of(person(owner.number))
    with pytest.raises(errors.PermissionDeniedError):
        await viewer.shares_of(person(new_number()))
    with pytest.raises(grpc.aio.AioRpcError):
        await cloud.channel.unary_unary("/appshare.v1.SharingService/ListShares")(b"\xff\xff", metadata=viewer.metadata)
    secrets = [viewer.number.removeprefix("+86"), viewer.session.access_token, viewer.session.refresh_token]
    written = [path.read_bytes() for path in cloud.data.rglob("*") if path.is_file()]
    assert cloud.logs.entries
    for secret in secrets:
        assert secret not in str(cloud.logs.entries)
        assert not any(secret.encode() in content for content in written)
