"""The devices of a person, and how they are deleted."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.unit.relation_radar.books import contacts_of
from tests.unit.relation_radar.doubles import FakeClock, RecordingSender

from appshare import errors
from appshare.relation_radar.devices import Devices
from appshare.relation_radar.model import Deletion, Level, RegisteredDevice
from appshare.relation_radar.radar import Radar
from appshare.relation_radar.registration import Registrar
from appshare.relation_radar.store import RadarStore

AddDevice = Callable[..., Awaitable[str]]

ANN, BOB, CARL = "+8613800138000", "+8613800138001", "+8613800138002"


async def assert_not_found(call: Awaitable[object]) -> str:
    with pytest.raises(errors.NotFoundError) as caught:
        await call
    assert caught.value.reason is errors.Reason.DEVICE_NOT_FOUND
    return caught.value.message


async def test_the_devices_of_a_number_are_listed_the_newest_first(
    devices: Devices, add_device: AddDevice, registrar: Registrar, sender: RecordingSender, clock: FakeClock
) -> None:
    registered = clock.now
    registration = await registrar.start(ANN, "", None)
    phone, token = await registrar.confirm(registration.registration_id, sender.last_code)
    clock.advance(10)
    tablet = await add_device(ANN)
    await add_device(BOB)
    clock.advance(10)
    await registrar.rotate(token)
    assert await devices.of_same_number(phone) == [
        RegisteredDevice(tablet, registered + 10, registered + 10),
        RegisteredDevice(phone, registered, registered + 20),
    ]


async def test_a_device_whose_session_is_over_was_last_seen_never(
    devices: Devices, registrar: Registrar, sender: RecordingSender, clock: FakeClock
) -> None:
    registration = await registrar.start(ANN, "", None)
    device_id, token = await registrar.confirm(registration.registration_id, sender.last_code)
    with pytest.raises(errors.UnauthenticatedError):
        await registrar.rotate(f"{token}x")
    assert await devices.of_same_number(device_id) == [RegisteredDevice(device_id, clock.now, None)]


async def test_a_removed_device_is_gone_and_the_others_stay(
    devices: Devices, add_device: AddDevice, make_radar: Callable[..., Radar]
) -> None:
    phone, tablet, bob = await add_device(ANN, BOB), await add_device(ANN, BOB, CARL), await add_device(BOB, ANN)
    assert await devices.purge(phone, tablet) == Deletion(devices=1, sessions=1, contacts=2)
    await assert_not_found(devices.require(tablet))
    assert [device.device_id for device in await devices.of_same_number(phone)] == [phone]
    [friend] = (await make_radar().friends.all(bob))[0]
    assert friend.device_id == phone


async def test_a_removed_device_has_no_session(devices: Devices, registrar: Registrar, sender: RecordingSender) -> None:
    registration = await registrar.start(ANN, "", None)
    device_id, token = await registrar.confirm(registration.registration_id, sender.last_code)
    await devices.purge(device_id, device_id)
    with pytest.raises(errors.UnauthenticatedError) as caught:
        await registrar.rotate(token)
    assert caught.value.reason is errors.Reason.INVALID_REFRESH_TOKEN


async def test_the_device_of_somebody_else_looks_like_one_that_never_was(
    devices: Devices, add_device: AddDevice
) -> None:
    ann, bob = await add_device(ANN), await add_device(BOB, ANN)
    messages = {await assert_not_found(devices.purge(ann, device_id)) for device_id in (bob, "unknown", "")}
    assert len(messages) == 1
    await devices.require(bob)


async def test_who_is_not_registered_deletes_nothing(devices: Devices, add_device: AddDevice) -> None:
    ann = await add_device(ANN)
    await assert_not_found(devices.purge("unknown", ann))
    await assert_not_found(devices.purge_number("unknown"))
    await assert_not_found(devices.of_same_number("unknown"))
    await devices.require(ann)


async def test_a_removal_whose_answer_was_lost_changes_nothing_when_it_comes_again(
    devices: Devices, add_device: AddDevice
) -> None:
    phone, tablet = await add_device(ANN), await add_device(ANN)
    await devices.purge(phone, tablet)
    await assert_not_found(devices.purge(phone, tablet))
    await devices.require(phone)


async def test_of_two_removals_at_once_one_deletes(devices: Devices, add_device: AddDevice) -> None:
    phone, tablet = await add_device(ANN), await add_device(ANN, BOB)
    results = await asyncio.gather(*(devices.purge(phone, tablet) for _ in range(2)), return_exceptions=True)
    assert sorted(map(type, results), key=str) == sorted([Deletion, errors.NotFoundError], key=str)


async def test_all_of_a_number_is_deleted(
    devices: Devices, add_device: AddDevice, registrar: Registrar, sender: RecordingSender
) -> None:
    phone, tablet, bob = await add_device(ANN, BOB), await add_device(ANN, BOB, CARL), await add_device(BOB, ANN)
    under_way = await registrar.start(ANN, "", None)
    # Three registrations, of which two are kept for a lost answer, their codes, and the count of new contacts.
    assert await devices.purge_number(tablet) == Deletion(devices=2, sessions=2, contacts=3, verifications=7)
    for gone in (phone, tablet):
        await assert_not_found(devices.require(gone))
    with pytest.raises(errors.PermissionDeniedError):
        await registrar.confirm(under_way.registration_id, sender.last_code)
    await devices.require(bob)
    await assert_not_found(devices.purge_number(tablet))


async def test_what_has_failed_halfway_can_be_asked_for_again(
    store: RadarStore, devices: Devices, add_device: AddDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered = [await add_device(ANN, BOB) for _ in range(3)]
    purge_device, purged = store.purge_device, []

    async def purge_one(device):
        if purged:
            raise errors.UnavailableError(errors.Reason.STORAGE_UNAVAILABLE, "the disk is full")
        purged.append(device.device_id)
        return await purge_device(device)

    monkeypatch.setattr(store, "purge_device", purge_one)
    with pytest.raises(errors.UnavailableError):
        await devices.purge_number(registered[0])
    monkeypatch.undo()
    assert len(await devices.of_same_number(registered[0])) == 2
    assert (await devices.purge_number(registered[0])).devices == 2


async def test_who_watches_is_told_of_each_device_that_was_deleted(store: RadarStore, add_device: AddDevice) -> None:
    told: list[tuple[str, bool]] = []

    async def deleted(device_id: str) -> None:
        told.append((device_id, await store.find_device(device_id) is None))

    devices = Devices(store, deleted)
    phone, tablet, watch = [await add_device(ANN) for _ in range(3)]
    await devices.purge(phone, watch)
    await assert_not_found(devices.purge(phone, watch))
    await devices.purge_number(phone)
    assert told == [(watch, True), (tablet, True), (phone, True)]


async def test_a_deleted_devices_contacts_count_in_nobodys_hub(
    devices: Devices, add_device: AddDevice, make_radar: Callable[..., Radar]
) -> None:
    ann, bob, phone = await add_device(ANN), await add_device(BOB), await add_device(CARL)
    radar = make_radar(hub_limit=2)
    pizza = "+861065529988"
    for device_id, book in ((ann, contacts_of(pizza)), (bob, contacts_of(ANN, pizza)), (phone, contacts_of(pizza))):
        await radar.books.replace(device_id, book)
    assert [each.as_owner for each in await radar.acquaintances.by_device(bob, ann)] == [Level.NONE]
    await devices.purge(phone, phone)
    assert [each.as_owner for each in await radar.acquaintances.by_device(bob, ann)] == [Level.LIKELY]
