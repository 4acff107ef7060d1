"""Devices of a number are listed and removed; nothing of them is left, and their tokens are void at once."""

from typing import Any

import pytest
from tests.support.cloud import GATEWAY, Cloud, Device, person

from appshare import errors
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1.operator_gateway_pb2 import CountDevicesRequest, DeleteDeviceRequest
from appshare.v1.operator_gateway_pb2_grpc import DeviceAdministrationServiceStub
from appshare.v1.share_pb2 import AUDIENCE_KIND_EVERYONE, AUDIENCE_KIND_FRIENDS, PUSH_POLICY_FRIENDS


async def device_ids(device: Device) -> list[str]:
    listed = await device.call(device.account.ListDevices, pb.ListDevicesRequest())
    return [each.device_id for each in listed.devices]


async def remove(device: Device, removed: Device) -> Any:
    request = pb.RemoveDeviceRequest(device_id=removed.session.device_id)
    return (await device.call(device.account.RemoveDevice, request)).receipt


async def is_refused(device: Device) -> bool:
    """Whether the device's token is void."""
    with pytest.raises(errors.NotFoundError) as refusal:
        await device.call(device.sharing.ListMyApps, pb.ListMyAppsRequest())
    return refusal.value.reason is errors.Reason.DEVICE_NOT_FOUND


async def test_the_devices_of_a_number_are_listed_by_each_of_them(cloud: Cloud) -> None:
    phone = await cloud.register()
    tablet = await cloud.register(phone.number)
    await cloud.register()
    listed = (await phone.call(phone.account.ListDevices, pb.ListDevicesRequest())).devices
    assert {each.device_id: each.is_this_device for each in listed} == {
        phone.session.device_id: True,
        tablet.session.device_id: False,
    }
    assert all(each.register_time.seconds and each.last_seen_time.seconds for each in listed)


async def test_a_removed_device_is_gone_at_once(cloud: Cloud) -> None:
    phone, friend = await cloud.friends()
    tablet = await cloud.register(phone.number)
    await tablet.share(chat=AUDIENCE_KIND_EVERYONE)
    assert await friend.shares_of(person(phone.number)) == ["chat"]
    receipt = await remove(phone, tablet)
    assert (receipt.radar.devices, receipt.registry.apps) == (1, 1)
    assert await is_refused(tablet)
    assert await device_ids(phone) == [phone.session.device_id]
    with pytest.raises(errors.PermissionDeniedError):
        await friend.shares_of(person(phone.number))
    with pytest.raises(errors.UnauthenticatedError):
        refresh = pb.RefreshSessionRequest(refresh_token=tablet.session.refresh_token)
        await GATEWAY.unary(tablet.account.RefreshSession, refresh)


async def test_a_device_may_remove_itself(cloud: Cloud) -> None:
    phone = await cloud.register()
    await remove(phone, phone)
    assert await is_refused(phone)


async def test_a_device_of_another_number_is_as_unknown_as_one_that_never_was(cloud: Cloud) -> None:
    phone, other = await cloud.register(), await cloud.register()
    await other.share(chat=AUDIENCE_KIND_FRIENDS)
    refusals = []
    for device_id in (other.session.device_id, "A" * 22):
        with pytest.raises(errors.NotFoundError) as refusal:
            await phone.call(phone.account.RemoveDevice, pb.RemoveDeviceRequest(device_id=device_id))
        refusals.append((refusal.value.reason, refusal.value.message))
    assert len(set(refusals)) == 1
    apps = (await other.call(other.sharing.ListMyApps, pb.ListMyAppsRequest())).apps
    assert [each.app.label for each in apps] == ["Chat"]


async def test_an_open_stream_ends_with_its_device(cloud: Cloud) -> None:
    phone = await cloud.register()
    tablet = await cloud.register(phone.number)
    messages = GATEWAY.stream(tablet.inbox.Subscribe, pb.SubscribeRequest(), metadata=tablet.metadata)
    await anext(messages)
    await remove(phone, tablet)
    with pytest.raises(errors.NotFoundError) as refusal:
        while True:
            await anext(messages)
    assert refusal.value.reason is errors.Reason.DEVICE_NOT_FOUND


async def test_an_account_is_deleted_with_all_that_is_kept(cloud: Cloud) -> None:
    phone, friend = await cloud.friends()
    tablet = await cloud.register(phone.number)
    await phone.share(chat=AUDIENCE_KIND_FRIENDS)
    await friend.accept_pushes(PUSH_POLICY_FRIENDS)
    assert await phone.push_to(friend.number) == ["ACCEPTED"]
    receipt = (await phone.call(phone.account.DeleteAccount, pb.DeleteAccountRequest())).receipt
    assert (receipt.radar.devices, receipt.radar.contacts) == (2, 1)
    assert (receipt.registry.apps, receipt.registry.events_sent) == (1, 1)
    assert await is_refused(phone)
    assert await is_refused(tablet)
    assert await friend.events() == []
    with pytest.raises(errors.PermissionDeniedError):
        await friend.shares_of(person(phone.number))
    [entry] = [each for each in cloud.logs.entries if each.get("receipt_id") == receipt.receipt_id]
    assert phone.session.device_id not in str(entry)


async def test_whoever_was_deleted_can_register_again_as_somebody_new(cloud: Cloud) -> None:
    phone, friend = await cloud.friends()
    await phone.share(chat=AUDIENCE_KIND_FRIENDS)
    await phone.call(phone.account.DeleteAccount, pb.DeleteAccountRequest())
    again = await cloud.register(phone.number)
    assert again.session.device_id != phone.session.device_id
    assert (await again.call(again.sharing.ListMyApps, pb.ListMyAppsRequest())).apps == []
    with pytest.raises(errors.PermissionDeniedError):
        await friend.shares_of(person(phone.number))


async def test_a_deletion_waits_for_a_registry_that_is_down(cloud: Cloud) -> None:
    phone = await cloud.register()
    await cloud.stop("share_registry")
    with pytest.raises(errors.UnavailableError):
        await phone.call(phone.account.DeleteAccount, pb.DeleteAccountRequest())
    assert await device_ids(phone) == [phone.session.device_id]  # it can ask again


async def test_an_operator_removes_a_device_or_all_of_its_number(cloud: Cloud) -> None:
    devices = DeviceAdministrationServiceStub(cloud.operator_channel)

    async def counted() -> tuple[int, int]:
        answer = await GATEWAY.unary(devices.CountDevices, CountDevicesRequest(), metadata=cloud.operator_metadata)
        return answer.devices, answer.numbers

    async def delete(device: Device, *, with_number: bool = False) -> Any:
        request = DeleteDeviceRequest(device_id=device.session.device_id, with_number=with_number)
        return await GATEWAY.unary(devices.DeleteDevice, request, metadata=cloud.operator_metadata)

    one = await cloud.register()
    other, third = await cloud.register(one.number), await cloud.register(one.number)
    await cloud.register()
    assert await counted() == (4, 2)
    await delete(third)
    assert await counted() == (3, 2)
    with pytest.raises(errors.NotFoundError):
        await third.events()
    assert (await delete(one, with_number=True)).receipt.radar.devices == 2
    assert await counted() == (1, 1)
    for gone in (one, other):
        with pytest.raises(errors.NotFoundError):
            await gone.events()
    with pytest.raises(errors.NotFoundError):
        await delete(one)
