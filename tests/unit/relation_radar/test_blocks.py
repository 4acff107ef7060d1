"""Blocks: neither of two people sees anything of the other, on any of their devices."""

from collections.abc import Awaitable, Callable

import pytest
from tests.unit.relation_radar.books import contacts_of
from tests.unit.relation_radar.conftest import MAX_BLOCKS
from tests.unit.relation_radar.doubles import FakeClock

from appshare import errors
from appshare.relation_radar.blocks import Blocks
from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.model import BookContact, DialledNumber, OneDevice, Person, Rule
from appshare.relation_radar.radar import Radar

ANN, BOB, CARL, DORA, EVE, FRED = (f"+861380013800{digit}" for digit in range(6))

AddDevice = Callable[..., Awaitable[str]]
MakeRadar = Callable[..., Radar]


@pytest.fixture
def radar(make_radar: MakeRadar) -> Radar:
    return make_radar()


async def friends_of(radar: Radar, device_id: str) -> set[str]:
    return {friend.device_id for friend in (await radar.friends.all(device_id))[0]}


async def finds(radar: Radar, device_id: str, other_id: str) -> bool:
    """Whether a device finds another in any way; fails when the ways do not agree."""
    alone = await radar.acquaintances.by_device(device_id, other_id)
    [batched] = await radar.acquaintances.of_people(device_id, [OneDevice(other_id)])
    assert batched == alone
    return bool(alone)


@pytest.mark.parametrize("rule", Rule)
async def test_a_block_ends_a_friendship_both_ways_and_taking_it_back_restores_it(
    make_radar: MakeRadar, add_device: AddDevice, blocks: Blocks, rule: Rule
) -> None:
    radar = make_radar(FriendshipRule(rule))
    ann, bob = await add_device(ANN, BOB, CARL), await add_device(BOB, ANN, CARL)
    await blocks.add(ann, DialledNumber("138 0013 8001"))
    for device, other in ((ann, bob), (bob, ann)):
        assert await friends_of(radar, device) == set()
        assert not await finds(radar, device, other)
    await blocks.remove(ann, DialledNumber(BOB))
    for device, other in ((ann, bob), (bob, ann)):
        assert await friends_of(radar, device) == {other}
        assert await finds(radar, device, other)


async def test_a_block_is_for_all_devices_of_both_also_for_those_to_come(
    radar: Radar, add_device: AddDevice, blocks: Blocks
) -> None:
    ann = await add_device(ANN)
    await blocks.add(ann, DialledNumber(BOB))  # who is not registered yet
    bob, tablet = await add_device(BOB, ANN), await add_device(ANN, BOB)
    for device in (ann, tablet):
        assert not await finds(radar, device, bob)
        assert not await finds(radar, bob, device)
    assert await friends_of(radar, bob) == set()
    assert await friends_of(radar, tablet) == {ann}


async def test_a_contact_is_blocked_by_all_its_numbers(radar: Radar, add_device: AddDevice, blocks: Blocks) -> None:
    ann = await add_device(ANN, (BOB, CARL), DORA)
    others = [await add_device(number, ANN) for number in (BOB, CARL, DORA)]
    await blocks.add(ann, BookContact(1))
    assert [await finds(radar, ann, other) for other in others] == [False, False, True]
    assert len(await blocks.of(ann)) == 1
    # Whoever is blocked by one of the numbers is unblocked by one of them.
    await blocks.remove(ann, DialledNumber(CARL))
    assert [await finds(radar, ann, other) for other in others] == [True, True, True]


async def test_a_device_is_blocked_by_its_number(radar: Radar, add_device: AddDevice, blocks: Blocks) -> None:
    ann, phone, tablet = await add_device(ANN, BOB), await add_device(BOB, ANN), await add_device(BOB, ANN)
    await blocks.add(ann, OneDevice(phone))
    assert not await finds(radar, ann, tablet)
    await blocks.remove(ann, OneDevice(tablet))
    assert await finds(radar, ann, phone)


async def test_who_is_blocked_cannot_take_it_back(radar: Radar, add_device: AddDevice, blocks: Blocks) -> None:
    ann, bob = await add_device(ANN, BOB), await add_device(BOB, ANN)
    await blocks.add(ann, DialledNumber(BOB))
    [block] = await blocks.of(ann)
    await blocks.remove(bob, DialledNumber(ANN))
    await blocks.remove_by_id(bob, block.block_id)
    assert await blocks.of(bob) == []
    assert not await finds(radar, bob, ann)


async def test_two_who_block_each_other_both_take_it_back(radar: Radar, add_device: AddDevice, blocks: Blocks) -> None:
    ann, bob = await add_device(ANN, BOB), await add_device(BOB, ANN)
    await blocks.add(ann, DialledNumber(BOB))
    await blocks.add(bob, DialledNumber(ANN))
    await blocks.remove(ann, DialledNumber(BOB))
    assert not await finds(radar, ann, bob)
    await blocks.remove(bob, DialledNumber(ANN))
    assert await finds(radar, ann, bob)


async def test_who_is_blocked_takes_nobodys_place_in_a_list(
    make_radar: MakeRadar, add_device: AddDevice, blocks: Blocks
) -> None:
    ann = await add_device(ANN, BOB, CARL, DORA, EVE, FRED)
    friends = [await add_device(number, ANN) for number in (BOB, CARL, DORA, EVE, FRED)]
    by_id = sorted(friends)
    for friend in by_id[:4]:
        await blocks.add(ann, OneDevice(friend))
    radar = make_radar(max_friends=1)
    friends, truncated = await radar.friends.all(ann)
    assert [friend.device_id for friend in friends] == by_id[4:]
    assert not truncated
    await blocks.remove(ann, OneDevice(by_id[3]))
    friends, truncated = await radar.friends.all(ann)
    assert [friend.device_id for friend in friends] == by_id[3:4]
    assert truncated


# The list


async def test_blocks_are_listed_newest_first_with_the_asking_devices_contacts(
    radar: Radar, add_device: AddDevice, blocks: Blocks, clock: FakeClock
) -> None:
    ann = await add_device(ANN, BOB, (CARL, DORA))
    tablet = await add_device(ANN, DORA)
    await blocks.add(ann, DialledNumber(EVE))
    clock.advance(1)
    await blocks.add(ann, BookContact(2))
    assert [(block.contact_id, block.create_time) for block in await blocks.of(ann)] == [
        (2, clock.now),
        (0, clock.now - 1),
    ]
    assert [block.contact_id for block in await blocks.of(tablet)] == [1, 0]
    await radar.books.replace(ann, contacts_of(BOB))
    assert [block.contact_id for block in await blocks.of(ann)] == [0, 0]


async def test_blocking_again_keeps_the_first_block(add_device: AddDevice, blocks: Blocks, clock: FakeClock) -> None:
    ann = await add_device(ANN, (BOB, CARL))
    await blocks.add(ann, DialledNumber(BOB))
    first = await blocks.of(ann)
    clock.advance(60)
    await blocks.add(ann, DialledNumber(BOB))
    assert [block.block_id for block in await blocks.of(ann)] == [first[0].block_id]
    await blocks.add(ann, BookContact(1))  # with one number more
    [block] = await blocks.of(ann)
    assert (block.block_id, block.create_time) == (first[0].block_id, first[0].create_time)


async def test_a_block_is_taken_back_by_its_id_as_a_whole(radar: Radar, add_device: AddDevice, blocks: Blocks) -> None:
    ann = await add_device(ANN, (BOB, CARL))
    bob, carl = await add_device(BOB), await add_device(CARL)
    await blocks.add(ann, BookContact(1))
    [block] = await blocks.of(ann)
    await blocks.remove_by_id(ann, block.block_id)
    assert await blocks.of(ann) == []
    assert await finds(radar, ann, bob)
    assert await finds(radar, ann, carl)


@pytest.mark.parametrize(
    "nobody", [DialledNumber(EVE), BookContact(99), OneDevice("unknown"), OneDevice(""), DialledNumber("112")]
)
async def test_there_may_be_nothing_to_take_back(add_device: AddDevice, blocks: Blocks, nobody: Person) -> None:
    ann = await add_device(ANN)
    await blocks.add(ann, DialledNumber(BOB))
    await blocks.remove(ann, nobody)
    await blocks.remove_by_id(ann, "unknown")
    assert len(await blocks.of(ann)) == 1


@pytest.mark.parametrize("nobody", [BookContact(99), OneDevice("unknown"), OneDevice("")])
async def test_who_is_nobody_is_not_there_to_block(add_device: AddDevice, blocks: Blocks, nobody: Person) -> None:
    ann = await add_device(ANN)
    await blocks.add(ann, nobody)
    assert await blocks.of(ann) == []


async def test_a_person_knows_whom_it_blocks_by_every_name_and_not_who_blocks_it(
    add_device: AddDevice, blocks: Blocks
) -> None:
    ann, bob = await add_device(ANN, BOB, (CARL, DORA)), await add_device(BOB, ANN)
    names: list[Person] = [DialledNumber(BOB), BookContact(1), OneDevice(bob)]
    assert not any([await blocks.includes(ann, name) for name in names])
    await blocks.add(ann, DialledNumber(BOB))
    assert all([await blocks.includes(ann, name) for name in names])
    assert not await blocks.includes(bob, DialledNumber(ANN))


async def test_a_contact_is_blocked_when_all_its_numbers_are(add_device: AddDevice, blocks: Blocks) -> None:
    ann = await add_device(ANN, (CARL, DORA))
    await blocks.add(ann, DialledNumber(CARL))
    assert not await blocks.includes(ann, BookContact(1))
    await blocks.add(ann, DialledNumber(DORA))
    assert await blocks.includes(ann, BookContact(1))
    for nobody in (BookContact(99), OneDevice("unknown"), DialledNumber(EVE)):
        assert not await blocks.includes(ann, nobody)


# Refusals


async def test_nobody_blocks_the_own_number(radar: Radar, add_device: AddDevice, blocks: Blocks) -> None:
    ann, tablet = await add_device(ANN, (BOB, ANN)), await add_device(ANN)
    for own in (DialledNumber(ANN), BookContact(1), OneDevice(ann), OneDevice(tablet)):
        with pytest.raises(errors.InvalidArgumentError) as caught:
            await blocks.add(ann, own)
        assert (caught.value.reason, caught.value.field) == (errors.Reason.INVALID_FIELD, "person")
    assert await blocks.of(ann) == []
    assert await finds(radar, ann, tablet)


async def test_a_number_that_cannot_be_read_is_refused(add_device: AddDevice, blocks: Blocks) -> None:
    ann = await add_device(ANN)
    for call in (blocks.add, blocks.remove):
        with pytest.raises(errors.InvalidArgumentError) as caught:
            await call(ann, DialledNumber("no number"))
        assert (caught.value.reason, caught.value.field) == (errors.Reason.INVALID_PHONE_NUMBER, "person.number")


async def test_a_person_blocks_so_many_numbers_on_all_devices_together(add_device: AddDevice, blocks: Blocks) -> None:
    family = tuple(f"+86138001390{index:02d}" for index in range(MAX_BLOCKS - 1))
    ann, tablet = await add_device(ANN, family, (BOB, CARL)), await add_device(ANN)
    await blocks.add(ann, BookContact(1))
    with pytest.raises(errors.ResourceExhaustedError) as caught:
        await blocks.add(ann, BookContact(2))
    assert caught.value.reason is errors.Reason.LIMIT_EXCEEDED
    assert len(await blocks.of(ann)) == 1  # none of the contact's numbers, rather than some
    await blocks.add(tablet, DialledNumber(BOB))
    await blocks.add(tablet, DialledNumber(BOB))
    with pytest.raises(errors.ResourceExhaustedError):
        await blocks.add(tablet, DialledNumber(CARL))
    bob = await add_device(BOB)
    await blocks.add(bob, DialledNumber(CARL))  # the limit is each person's own


@pytest.mark.parametrize(
    "ask",
    [
        lambda blocks: blocks.add("nobody", DialledNumber(BOB)),
        lambda blocks: blocks.remove("nobody", DialledNumber(BOB)),
        lambda blocks: blocks.remove_by_id("nobody", "id"),
        lambda blocks: blocks.of("nobody"),
        lambda blocks: blocks.includes("nobody", DialledNumber(BOB)),
    ],
)
async def test_a_device_that_is_not_registered_may_not_ask(
    blocks: Blocks, ask: Callable[[Blocks], Awaitable[object]]
) -> None:
    with pytest.raises(errors.NotFoundError) as caught:
        await ask(blocks)
    assert caught.value.reason is errors.Reason.DEVICE_NOT_FOUND
