"""What holds for all books and all ways to send them, on the real store."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.relation_radar.worlds import BOOK, NUMBERS, PEOPLE, book_of_people, contacts_of_people, key_of, world

from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.model import Level, Rule

# A world is made on the disk for each example.
law = settings(max_examples=settings.default.max_examples // 2)

# A change of a contact: its numbers from now on, or None when it is removed.
CHANGE = st.tuples(st.integers(1, 5), st.none() | NUMBERS)


@given(st.lists(st.lists(CHANGE, min_size=1, max_size=4), min_size=1, max_size=4))
@law
def test_changes_in_any_grouping_come_to_the_same_book_as_a_full_sync(deltas: list[list[tuple]]) -> None:
    # In one delta a contact is either changed or removed: the last of its changes counts.
    groups = [dict(delta) for delta in deltas]
    after: dict[int, frozenset[int]] = {}
    for group in groups:
        after |= {contact: numbers for contact, numbers in group.items() if numbers}
        after = {contact: numbers for contact, numbers in after.items() if group.get(contact, numbers)}

    async def scenario() -> None:
        async with world(FriendshipRule(), owners=(0, 0)) as here:
            changed, replaced = here.devices
            for version, group in enumerate(groups):
                upserted = contacts_of_people({contact: numbers for contact, numbers in group.items() if numbers})
                removed = [contact for contact, numbers in group.items() if not numbers]
                result = await here.radar.books.change(changed.device_id, version, upserted, removed)
            assert result.contact_count == len(after)
            if after:
                await here.radar.books.replace(replaced.device_id, contacts_of_people(after))
            assert await here.store.book(changed) == await here.store.book(replaced)

    asyncio.run(scenario())


DEVICES = st.lists(st.tuples(PEOPLE, BOOK), min_size=2, max_size=4)


@given(st.builds(FriendshipRule, st.sampled_from(Rule), st.integers(1, 3)), DEVICES, st.randoms(use_true_random=False))
@law
def test_contacts_in_any_order_and_grouping_come_to_the_same_verdicts_as_full_syncs(rule, devices, random) -> None:
    # Each delta names a device, and in its turn some of the contacts of its book.
    owners = [own for own, _ in devices]
    pieces = [(index, contact) for index, (_, book) in enumerate(devices) for contact in book]
    random.shuffle(pieces)

    async def scenario() -> None:
        async with world(rule, owners) as whole, world(rule, owners) as piecewise:
            for device, (_, contacts) in zip(whole.devices, devices, strict=True):
                if contacts:
                    await whole.sync(device, contacts)
            while pieces:
                index, _ = pieces[-1]
                named = [pieces.pop()[1]]
                while pieces and pieces[-1][0] == index and random.random() < 0.5:
                    named.append(pieces.pop()[1])
                device = await piecewise.found(piecewise.devices[index])
                upserted = contacts_of_people({contact: devices[index][1][contact] for contact in named})
                await piecewise.radar.books.change(device.device_id, device.book_version, upserted, [])
            for device in whole.devices:
                friends = await whole.radar.friends.all(device.device_id)
                assert await piecewise.radar.friends.all(device.device_id) == friends

    asyncio.run(scenario())


@given(st.sampled_from(Rule), st.integers(1, 3), st.integers(1, 4), DEVICES)
@law
def test_the_list_of_friends_is_everybody_who_is_found_to_be_a_friend(
    rule: Rule, k: int, hub_limit: int, devices: list[tuple[int, dict[int, frozenset[int]]]]
) -> None:
    friendship = FriendshipRule(rule, k)
    books = [book_of_people(own, contacts) for own, contacts in devices]
    hubs = {number for number in map(key_of, range(8)) if sum(number in book.contacts for book in books) > hub_limit}

    async def scenario() -> None:
        owners = [own for own, _ in devices]
        async with world(friendship, owners, hub_limit=hub_limit) as here:
            for device, (_, contacts) in zip(here.devices, devices, strict=True):
                if contacts:
                    await here.sync(device, contacts)
            for viewer, book in zip(here.devices, books, strict=True):
                expected = {
                    owner.device_id: level
                    for owner, other in zip(here.devices, books, strict=True)
                    if owner != viewer and (level := friendship.level(book, other, hubs)) is not Level.NONE
                }
                friends, truncated = await here.radar.friends.all(viewer.device_id)
                assert {friend.device_id: friend.level for friend in friends} == expected
                assert not truncated

    asyncio.run(scenario())


@given(st.builds(FriendshipRule, st.sampled_from(Rule), st.integers(1, 3)), DEVICES)
@law
def test_what_two_devices_are_to_each_other_is_the_same_from_both_sides(rule: FriendshipRule, devices) -> None:
    async def scenario() -> None:
        async with world(rule, [own for own, _ in devices]) as here:
            for device, (_, contacts) in zip(here.devices, devices, strict=True):
                await here.sync(device, contacts)
            for one in here.devices:
                for other in here.devices:
                    if one is not other:
                        [seen] = await here.radar.acquaintances.by_device(one.device_id, other.device_id)
                        [back] = await here.radar.acquaintances.by_device(other.device_id, one.device_id)
                        assert (seen.as_viewer, seen.as_owner) == (back.as_owner, back.as_viewer)
                        if rule.rule is not Rule.LISTED:
                            assert seen.as_viewer is seen.as_owner

    asyncio.run(scenario())
