"""How much a person may put into books and ask for."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from tests.unit.relation_radar.books import contacts_of
from tests.unit.relation_radar.doubles import FakeClock

from appshare import errors
from appshare.relation_radar.books import SyncResult
from appshare.relation_radar.model import Contact
from appshare.relation_radar.radar import Radar

ANN, BOB, CARL, DORA, EVE = (f"+861380013800{digit}" for digit in range(5))

AddDevice = Callable[..., Awaitable[str]]
MakeRadar = Callable[..., Radar]


# Numbers that come into the books of a person's devices


async def assert_over_quota(change: Awaitable[SyncResult]) -> timedelta | None:
    with pytest.raises(errors.ResourceExhaustedError, match="new numbers a day") as caught:
        await change
    assert caught.value.reason is errors.Reason.LIMIT_EXCEEDED
    return caught.value.retry_after


async def test_so_many_numbers_come_into_a_persons_books_in_a_day(
    make_radar: MakeRadar, add_device: AddDevice, clock: FakeClock
) -> None:
    radar = make_radar(new_contacts_per_day=3)
    phone, tablet, bob = await add_device(ANN), await add_device(ANN), await add_device(BOB)
    await radar.books.replace(phone, contacts_of(BOB, CARL))
    clock.advance(3600)
    assert await assert_over_quota(radar.books.replace(tablet, contacts_of(BOB, CARL))) == timedelta(hours=23)
    assert await assert_over_quota(radar.books.change(phone, 1, [Contact(9, (DORA, EVE))], [])) == timedelta(hours=23)
    await radar.books.replace(bob, contacts_of(ANN, CARL, DORA))
    await radar.books.change(phone, 1, [Contact(9, (DORA,))], [])
    clock.advance(23 * 3600)
    await radar.books.replace(tablet, contacts_of(BOB, CARL))


async def test_what_is_refused_changes_nothing_and_does_not_count(make_radar: MakeRadar, add_device: AddDevice) -> None:
    radar, ann = make_radar(new_contacts_per_day=3), await add_device(ANN)
    await radar.books.replace(ann, contacts_of(BOB, CARL))
    for _ in range(3):
        await assert_over_quota(radar.books.change(ann, 1, [Contact(1, (DORA, EVE))], []))
    assert await radar.books.change(ann, 1, [Contact(1, (BOB, DORA))], []) == SyncResult(2, 2, 0)


async def test_a_book_that_is_synced_again_costs_nothing(make_radar: MakeRadar, add_device: AddDevice) -> None:
    radar, ann = make_radar(new_contacts_per_day=2), await add_device(ANN)
    for version in range(1, 5):
        assert (await radar.books.replace(ann, contacts_of((BOB, CARL), CARL))).book_version == version
    await radar.books.change(ann, 4, contacts_of(CARL, BOB), [])


async def test_a_number_that_is_removed_and_comes_again_counts_again(
    make_radar: MakeRadar, add_device: AddDevice
) -> None:
    radar, ann = make_radar(new_contacts_per_day=2), await add_device(ANN)
    await radar.books.replace(ann, contacts_of(BOB))
    await radar.books.replace(ann, contacts_of(CARL))
    await assert_over_quota(radar.books.replace(ann, contacts_of(BOB)))


async def test_more_than_a_day_lets_in_is_refused_for_good(make_radar: MakeRadar, add_device: AddDevice) -> None:
    change = make_radar(new_contacts_per_day=2).books.replace(await add_device(ANN), contacts_of(BOB, CARL, DORA))
    assert await assert_over_quota(change) is None  # waiting does not help


@pytest.mark.parametrize("days", [-365, -1, 1, 365])
async def test_a_clock_that_was_wrong_locks_nobody_out(
    make_radar: MakeRadar, add_device: AddDevice, clock: FakeClock, days: int
) -> None:
    radar, ann = make_radar(new_contacts_per_day=1), await add_device(ANN)
    await radar.books.replace(ann, contacts_of(BOB))
    clock.advance(days * 24 * 3600)
    await radar.books.replace(ann, contacts_of(CARL))
    assert await assert_over_quota(radar.books.replace(ann, contacts_of(BOB))) == timedelta(days=1)


async def test_the_day_holds_also_for_syncs_at_the_same_time(make_radar: MakeRadar, add_device: AddDevice) -> None:
    radar = make_radar(new_contacts_per_day=5)
    devices = [await add_device(ANN) for _ in range(3)]
    results = await asyncio.gather(
        *(radar.books.replace(device, contacts_of(BOB, CARL)) for device in devices), return_exceptions=True
    )
    assert sum(isinstance(result, errors.ResourceExhaustedError) for result in results) == 1


# Look-ups


async def test_a_person_looks_up_so_many_others_by_number_or_contact(
    make_radar: MakeRadar, add_device: AddDevice, clock: FakeClock
) -> None:
    radar = make_radar(lookups_per_hour=60, lookup_burst=2)
    phone, tablet, bob = await add_device(ANN, BOB), await add_device(ANN), await add_device(BOB)
    await radar.acquaintances.by_number(phone, BOB)
    await radar.acquaintances.by_contact(phone, 1)
    for refused in (
        radar.acquaintances.by_number(phone, BOB),
        radar.acquaintances.by_contact(phone, 1),
        radar.acquaintances.by_number(tablet, CARL),  # nor tells a refusal who is registered
    ):
        with pytest.raises(errors.ResourceExhaustedError) as caught:
            await refused
        assert caught.value.retry_after == timedelta(minutes=1)
    assert await radar.acquaintances.by_device(phone, bob)
    await radar.acquaintances.by_number(bob, ANN)
    clock.advance(60)
    assert await radar.acquaintances.by_number(phone, BOB)


async def test_a_number_that_cannot_be_read_is_no_look_up(make_radar: MakeRadar, add_device: AddDevice) -> None:
    radar, ann = make_radar(lookups_per_hour=60, lookup_burst=1), await add_device(ANN)
    with pytest.raises(errors.InvalidArgumentError):
        await radar.acquaintances.by_number(ann, "no number")
    await radar.acquaintances.by_number(ann, BOB)
