"""What every store of blocks and of friendship changes does; a new store is one more parameter of `open_stores`."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from tests.support.radar_stores import ENGINES, OpenRadarStores, RadarStores, opener

from appshare import errors
from appshare.relation_radar.block_store import BlockStore
from appshare.relation_radar.friendship_change_store import FriendshipChangeStore
from appshare.relation_radar.model import BlockedNumber, Friend, FriendshipChange, Level, Registration, Session
from appshare.relation_radar.store import RadarStore

NOW = 1_800_000_000.0
LOWEST, HIGHEST = -(2**63), 2**63 - 1
ANN, BOB, CARL, DORA = 11, 12, 13, 14
PLENTY = 1000


@pytest.fixture(params=ENGINES)
def open_stores(request: pytest.FixtureRequest, tmp_path: Path) -> OpenRadarStores:
    """Opens the same stores again and again, as a process does that is started anew."""
    return opener(request, tmp_path, request.param)


@pytest.fixture
async def stores(open_stores: OpenRadarStores) -> AsyncIterator[RadarStores]:
    async with open_stores() as stores:
        yield stores


@pytest.fixture
def blocks(stores: RadarStores) -> BlockStore:
    return stores.blocks


@pytest.fixture
async def changes(stores: RadarStores) -> FriendshipChangeStore:
    """The changes of two devices, "a" and "b", that are registered."""
    for number, device_id in ((ANN, "a"), (BOB, "b")):
        await add_device(stores.radar, device_id, number)
    return stores.changes


async def add_device(store: RadarStore, device_id: str, number_key: int) -> None:
    registration = Registration(device_id, number_key, "CN", b"", 0, NOW + 600)
    await store.add_registration(registration, None, NOW, PLENTY)
    assert await store.complete_registration(registration, device_id, Session(device_id, device_id, b"", None, NOW))


def friend(device_id: str, level: Level = Level.LIKELY, contact_id: int = 1) -> Friend:
    return Friend(device_id, contact_id, level)


class TestDevicesWithIds:
    async def test_devices_come_by_id_and_unknown_ones_do_not(self, stores: RadarStores) -> None:
        for device_id in ("b", "c", "a"):
            await add_device(stores.radar, device_id, ANN)
        found = await stores.radar.devices_with_ids(["c", "unknown", "", "a"])
        assert [device.device_id for device in found] == ["a", "c"]
        assert await stores.radar.devices_with_ids([]) == []


class TestBlocks:
    async def test_a_block_is_between_two_numbers_whoever_made_it(self, blocks: BlockStore) -> None:
        await blocks.add_block(ANN, [BOB, CARL], "1", NOW, PLENTY)
        assert await blocks.blocked_among(ANN, [BOB, CARL, DORA]) == {BOB, CARL}
        assert await blocks.blocked_among(BOB, [ANN, CARL]) == {ANN}
        assert await blocks.blocked_among(DORA, [ANN, BOB, CARL]) == frozenset()
        assert await blocks.blocked_among(ANN, []) == frozenset()

    async def test_two_who_block_each_other_are_there_once(self, blocks: BlockStore) -> None:
        await blocks.add_block(ANN, [BOB], "1", NOW, PLENTY)
        await blocks.add_block(BOB, [ANN], "2", NOW, PLENTY)
        assert await blocks.blocked_among(ANN, [BOB, BOB]) == {BOB}

    async def test_any_number_of_64_bits_can_be_blocked(self, blocks: BlockStore) -> None:
        await blocks.add_block(LOWEST, [HIGHEST, 0], "1", NOW, PLENTY)
        assert await blocks.blocked_among(LOWEST, [HIGHEST, 0, 1]) == {HIGHEST, 0}
        assert await blocks.blocked_among(HIGHEST, [LOWEST]) == {LOWEST}

    async def test_only_the_blockers_own_blocks_are_listed(self, blocks: BlockStore) -> None:
        await blocks.add_block(ANN, [CARL, BOB], "2", NOW, PLENTY)
        await blocks.add_block(ANN, [DORA], "1", NOW + 1, PLENTY)
        await blocks.add_block(BOB, [ANN], "3", NOW, PLENTY)
        assert await blocks.blocked_by(ANN) == [
            BlockedNumber("1", DORA, NOW + 1),
            BlockedNumber("2", BOB, NOW),
            BlockedNumber("2", CARL, NOW),
        ]
        assert await blocks.blocked_by(DORA) == []

    async def test_what_is_blocked_already_keeps_its_block_and_others_come_to_the_oldest(
        self, blocks: BlockStore
    ) -> None:
        await blocks.add_block(ANN, [BOB], "younger", NOW + 2, PLENTY)
        await blocks.add_block(ANN, [CARL], "older", NOW + 1, PLENTY)
        await blocks.add_block(ANN, [BOB, CARL, DORA], "third", NOW + 3, PLENTY)
        assert await blocks.blocked_by(ANN) == [
            BlockedNumber("older", CARL, NOW + 1),
            BlockedNumber("older", DORA, NOW + 1),
            BlockedNumber("younger", BOB, NOW + 2),
        ]

    async def test_a_block_is_removed_as_a_whole_by_its_id_or_by_one_of_its_numbers(self, blocks: BlockStore) -> None:
        await blocks.add_block(ANN, [BOB, CARL], "1", NOW, PLENTY)
        assert sorted(await blocks.remove_block(ANN, "1")) == [BOB, CARL]
        assert await blocks.remove_block(ANN, "1") == []
        await blocks.add_block(ANN, [BOB, CARL], "2", NOW, PLENTY)
        await blocks.add_block(ANN, [DORA], "3", NOW, PLENTY)
        assert sorted(await blocks.remove_blocks_of(ANN, [CARL, 99])) == [BOB, CARL]
        assert await blocks.remove_blocks_of(ANN, [CARL]) == []
        assert await blocks.blocked_among(ANN, [BOB, CARL, DORA]) == {DORA}

    async def test_nobody_removes_a_block_of_somebody_else(self, blocks: BlockStore) -> None:
        await blocks.add_block(ANN, [BOB], "1", NOW, PLENTY)
        assert await blocks.remove_block(BOB, "1") == []
        assert await blocks.remove_blocks_of(BOB, [ANN, BOB]) == []
        assert await blocks.blocked_among(ANN, [BOB]) == {BOB}

    async def test_more_than_the_limit_is_refused_as_a_whole(self, blocks: BlockStore) -> None:
        await blocks.add_block(ANN, [BOB], "1", NOW, 2)
        with pytest.raises(errors.ResourceExhaustedError) as caught:
            await blocks.add_block(ANN, [CARL, DORA], "2", NOW, 2)
        assert caught.value.reason is errors.Reason.LIMIT_EXCEEDED
        assert caught.value.retry_after is None  # waiting does not help
        assert await blocks.blocked_among(ANN, [BOB, CARL, DORA]) == {BOB}
        await blocks.add_block(ANN, [CARL], "2", NOW, 2)
        await blocks.add_block(ANN, [BOB, CARL], "3", NOW, 2)  # nothing more than there is

    async def test_the_limit_holds_also_at_the_same_time(self, blocks: BlockStore) -> None:
        results = await asyncio.gather(
            *(blocks.add_block(ANN, [number], str(number), NOW, 3) for number in range(100, 106)),
            return_exceptions=True,
        )
        assert sum(isinstance(result, errors.ResourceExhaustedError) for result in results) == 3
        assert len(await blocks.blocked_by(ANN)) == 3

    async def test_blocks_are_there_after_a_restart(self, open_stores: OpenRadarStores) -> None:
        async with open_stores() as stores:
            await stores.blocks.add_block(ANN, [BOB], "1", NOW, PLENTY)
        async with open_stores() as stores:
            assert await stores.blocks.blocked_by(ANN) == [BlockedNumber("1", BOB, NOW)]

    async def test_a_disk_that_cannot_be_written_is_told_and_nothing_is_changed(self, stores: RadarStores) -> None:
        await stores.blocks.add_block(ANN, [BOB], "1", NOW, PLENTY)
        async with stores.read_only():
            for change in (
                partial(stores.blocks.add_block, ANN, [CARL], "2", NOW, PLENTY),
                partial(stores.blocks.remove_block, ANN, "1"),
                partial(stores.blocks.remove_blocks_of, ANN, [BOB]),
            ):
                with pytest.raises(errors.UnavailableError) as caught:
                    await change()
                assert caught.value.reason is errors.Reason.STORAGE_UNAVAILABLE
        assert await stores.blocks.blocked_among(ANN, [BOB, CARL]) == {BOB}


class TestFriendshipChanges:
    async def test_a_device_that_has_been_told_nothing_knows_nobody(self, changes: FriendshipChangeStore) -> None:
        assert await changes.known_friends("a") == {}
        assert await changes.changes("a", 0, 10) == []
        assert await changes.head("a") == 0
        assert await changes.acknowledge("a", 0) == 0

    async def test_each_friendship_gets_the_next_position(self, changes: FriendshipChangeStore) -> None:
        await changes.record("a", [friend("x"), friend("y", Level.CONFIRMED, 7)], NOW, PLENTY)
        await changes.record("a", [friend("z")], NOW + 1, PLENTY)
        assert await changes.changes("a", 0, 10) == [
            FriendshipChange(1, NOW, friend("x")),
            FriendshipChange(2, NOW, friend("y", Level.CONFIRMED, 7)),
            FriendshipChange(3, NOW + 1, friend("z")),
        ]
        assert await changes.head("a") == 3
        assert set(await changes.known_friends("a")) == {"x", "y", "z"}

    async def test_another_level_takes_the_place_of_the_change_before(self, changes: FriendshipChangeStore) -> None:
        await changes.record("a", [friend("x"), friend("y")], NOW, PLENTY)
        await changes.record("a", [friend("x", Level.CONFIRMED)], NOW + 1, PLENTY)
        assert await changes.changes("a", 0, 10) == [
            FriendshipChange(2, NOW, friend("y")),
            FriendshipChange(3, NOW + 1, friend("x", Level.CONFIRMED)),
        ]

    async def test_another_contact_id_alone_is_no_change(self, changes: FriendshipChangeStore) -> None:
        await changes.record("a", [friend("x", contact_id=1)], NOW, PLENTY)
        await changes.record("a", [friend("x", contact_id=2**32 - 1)], NOW + 1, PLENTY)
        assert await changes.changes("a", 0, 10) == [FriendshipChange(1, NOW, friend("x", contact_id=2**32 - 1))]
        assert await changes.head("a") == 1

    async def test_pages_begin_behind_a_position(self, changes: FriendshipChangeStore) -> None:
        await changes.record("a", [friend(name) for name in "vwxyz"], NOW, PLENTY)
        assert [each.position for each in await changes.changes("a", 0, 2)] == [1, 2]
        assert [each.position for each in await changes.changes("a", 2, 2)] == [3, 4]
        assert [each.position for each in await changes.changes("a", 4, 2)] == [5]
        assert await changes.changes("a", HIGHEST, 2) == []

    async def test_what_is_acknowledged_stays_known_and_ends_are_forgotten(
        self, changes: FriendshipChangeStore
    ) -> None:
        await changes.record("a", [friend("x"), friend("y", Level.NONE), friend("z", Level.NONE)], NOW, PLENTY)
        assert await changes.acknowledge("a", 2) == 3
        assert [each.friend.device_id for each in await changes.changes("a", 0, 10)] == ["z"]
        assert await changes.known_friends("a") == {"x": friend("x"), "z": friend("z", Level.NONE)}
        assert await changes.acknowledge("a", 1) == 3
        assert [each.position for each in await changes.changes("a", 0, 10)] == [3]
        await changes.record("a", [friend("w")], NOW, PLENTY)
        assert [each.position for each in await changes.changes("a", 0, 10)] == [3, 4]

    @pytest.mark.parametrize("through", [2, 2**64 - 1])
    async def test_nothing_beyond_the_head_is_acknowledged(self, changes: FriendshipChangeStore, through: int) -> None:
        await changes.record("a", [friend("x")], NOW, PLENTY)
        assert await changes.acknowledge("a", through) == 1
        assert len(await changes.changes("a", 0, 10)) == 1

    async def test_of_ends_the_newest_are_kept(self, changes: FriendshipChangeStore) -> None:
        await changes.record("a", [friend("x"), *(friend(name, Level.NONE) for name in "tuvw")], NOW, 2)
        assert [each.friend.device_id for each in await changes.changes("a", 0, 10)] == ["x", "v", "w"]
        await changes.record("a", [friend("x", Level.NONE)], NOW, 2)
        assert [each.friend.device_id for each in await changes.changes("a", 0, 10)] == ["w", "x"]

    async def test_a_device_has_changes_of_its_own(self, changes: FriendshipChangeStore) -> None:
        await changes.record("a", [friend("x")], NOW, PLENTY)
        await changes.record("b", [friend("x", Level.CONFIRMED)], NOW, PLENTY)
        await changes.acknowledge("a", 1)
        assert await changes.changes("b", 0, 10) == [FriendshipChange(1, NOW, friend("x", Level.CONFIRMED))]

    async def test_who_knows_a_device_as_a_friend_is_found(self, changes: FriendshipChangeStore) -> None:
        await changes.record("a", [friend("x"), friend("b")], NOW, PLENTY)
        await changes.record("b", [friend("x", Level.NONE)], NOW, PLENTY)
        assert await changes.knowing("x") == ["a"]  # of whom nobody has to be registered
        assert await changes.knowing("b") == ["a"]
        assert await changes.knowing("a") == []

    async def test_a_deleted_device_leaves_what_others_know_and_nothing_of_its_own(
        self, stores: RadarStores, changes: FriendshipChangeStore
    ) -> None:
        await changes.record("a", [friend("b")], NOW, PLENTY)
        await changes.record("b", [friend("a")], NOW, PLENTY)
        await stores.write("DELETE FROM devices WHERE device_id = 'b'")
        assert await changes.knowing("b") == ["a"]
        assert await changes.knowing("a") == []
        assert await changes.known_friends("b") == {}
        await changes.record("b", [friend("a")], NOW, PLENTY)
        assert await changes.changes("b", 0, 10) == []
        assert await changes.acknowledge("b", 1) == 0

    async def test_changes_are_there_after_a_restart(self, open_stores: OpenRadarStores) -> None:
        async with open_stores() as stores:
            await add_device(stores.radar, "a", ANN)
            await stores.changes.record("a", [friend("x"), friend("y")], NOW, PLENTY)
            await stores.changes.acknowledge("a", 1)
        async with open_stores() as stores:
            assert await stores.changes.changes("a", 0, 10) == [FriendshipChange(2, NOW, friend("y"))]
            assert set(await stores.changes.known_friends("a")) == {"x", "y"}

    async def test_a_disk_that_cannot_be_written_is_told_and_nothing_is_changed(
        self, stores: RadarStores, changes: FriendshipChangeStore
    ) -> None:
        await changes.record("a", [friend("x", Level.NONE)], NOW, PLENTY)
        async with stores.read_only():
            for change in (
                partial(changes.record, "a", [friend("y")], NOW, PLENTY),
                partial(changes.acknowledge, "a", 1),
            ):
                with pytest.raises(errors.UnavailableError) as caught:
                    await change()
                assert caught.value.reason is errors.Reason.STORAGE_UNAVAILABLE
        assert await changes.changes("a", 0, 10) == [FriendshipChange(1, NOW, friend("x", Level.NONE))]
        assert await changes.head("a") == 1
