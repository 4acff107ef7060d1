"""What holds for all blocks and all changes of friendships, on the real store."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.relation_radar.worlds import BOOK, PEOPLE, World, key_of, number_of, world

from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.model import Device, DialledNumber, Level, OneDevice, Rule

# A world is made on the disk for each example.
law = settings(max_examples=settings.default.max_examples // 2)

RULES = st.builds(FriendshipRule, st.sampled_from(Rule), st.integers(1, 3))
DEVICES = st.lists(st.tuples(PEOPLE, BOOK), min_size=2, max_size=5)
BLOCKS = st.lists(st.tuples(st.integers(0, 4), PEOPLE), max_size=6)


@given(RULES, DEVICES, BLOCKS, st.integers(1, 3))
@law
def test_a_block_beats_every_rule_both_ways_and_changes_nothing_between_others(
    rule: FriendshipRule, devices: list, blocks: list[tuple[int, int]], hub_limit: int
) -> None:
    owners = [own for own, _ in devices]
    made = [(index % len(owners), person) for index, person in blocks if owners[index % len(owners)] != person]
    blocked = {frozenset((key_of(owners[index]), key_of(person))) for index, person in made}

    async def scenario() -> None:
        async with world(rule, owners, hub_limit=hub_limit) as here:
            for device, (_, contacts) in zip(here.devices, devices, strict=True):
                await here.sync(device, contacts)
            before = {device.device_id: await everything(here, device) for device in here.devices}
            for index, person in made:
                await here.block(here.devices[index], person)
            for device in here.devices:
                hidden = {
                    other.device_id
                    for other in here.devices
                    if frozenset((device.number_key, other.number_key)) in blocked
                }
                visible = [
                    {other: found for other, found in part.items() if other not in hidden}
                    for part in before[device.device_id]
                ]
                assert await everything(here, device) == visible
            for index, person in made:
                await here.unblock(here.devices[index], person)
            assert {device.device_id: await everything(here, device) for device in here.devices} == before

    asyncio.run(scenario())


async def everything(here: World, device: Device) -> list[dict]:
    """All that a device is told of others, by their ids: in its list, device by device, and in a batch."""
    friends, _ = await here.radar.friends.all(device.device_id)
    alone = [await here.radar.acquaintances.by_device(device.device_id, other.device_id) for other in here.devices]
    batch = await here.radar.acquaintances.of_people(
        device.device_id, [OneDevice(other.device_id) for other in here.devices]
    )
    return [
        {friend.device_id: friend for friend in friends},
        {each.device_id: each for found in alone for each in found},
        {each.device_id: each for found in batch for each in found or ()},
    ]


# What happens to a world: a device syncs a book, blocks or unblocks a person, is deleted, or reads its changes and
# acknowledges those up to some position before the newest.
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("sync"), st.integers(0, 3), BOOK),
        st.tuples(st.sampled_from(["block", "unblock"]), st.integers(0, 3), PEOPLE),
        st.tuples(st.just("delete"), st.integers(1, 3), st.none()),
        st.tuples(st.just("read"), st.just(0), st.integers(0, 3)),
    ),
    max_size=12,
)


@given(RULES, st.lists(PEOPLE, min_size=4, max_size=4), EVENTS)
@law
def test_whoever_applies_the_changes_knows_the_friends(rule: FriendshipRule, owners: list[int], events: list) -> None:
    async def scenario() -> None:
        async with world(rule, owners) as here:
            watcher, known = here.devices[0], dict[str, Level]()
            gone: set[Device] = set()
            for kind, index, what in [*events, ("read", 0, 0)]:
                device = here.devices[index]
                if device in gone:
                    continue
                if kind == "read":
                    await read(here, watcher, known, unacknowledged=what)
                elif kind == "delete":
                    gone.add(device)
                    async with here.database.transaction() as transaction:
                        await transaction.write("DELETE FROM devices WHERE device_id = ?", (device.device_id,))
                elif kind == "sync":
                    await here.sync(device, what)
                elif key_of(what) != device.number_key:
                    await (here.block if kind == "block" else here.unblock)(device, what)
            friends, _ = await here.radar.friends.all(watcher.device_id)
            assert known == {friend.device_id: friend.level for friend in friends}

    asyncio.run(scenario())


async def read(here: World, watcher: Device, known: dict[str, Level], *, unacknowledged: int) -> None:
    """Applies the changes that are delivered to what is known, and acknowledges all but some."""
    changes, head = await here.changes.read(watcher.device_id, 0, 100)
    positions = [change.position for change in changes]
    assert positions == sorted(set(positions))
    for change in changes:
        if change.friend.level is Level.NONE:
            known.pop(change.friend.device_id, None)
        else:
            known[change.friend.device_id] = change.friend.level
    await here.changes.acknowledge(watcher.device_id, max(0, head - unacknowledged))


@given(RULES, DEVICES)
@law
def test_in_a_batch_everybody_is_found_as_alone(rule: FriendshipRule, devices: list) -> None:
    async def scenario() -> None:
        async with world(rule, [own for own, _ in devices]) as here:
            for device, (_, contacts) in zip(here.devices, devices, strict=True):
                await here.sync(device, contacts)
            asking = here.devices[0].device_id
            numbers = [number_of(person) for person in range(8)]
            alone = [await here.radar.acquaintances.by_number(asking, number) for number in numbers]
            assert (
                await here.radar.acquaintances.of_people(asking, [DialledNumber(number) for number in numbers]) == alone
            )

    asyncio.run(scenario())
