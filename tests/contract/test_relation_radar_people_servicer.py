"""RelationRadar over a real connection: people in batches, blocks and changes of friendships."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc import StatusCode
from tests.contract.refusals import read_refusal, refusal
from tests.support.radar import MAX_BLOCKS, Register, full, registering, serving_radar
from tests.support.radar_stores import CHOSEN, RadarStores, opener
from tests.unit.relation_radar.doubles import FakeClock, RecordingSender

from appshare.rpc.paging import encode_token
from appshare.v1 import relation_radar_pb2 as pb
from appshare.v1.error_reason_pb2 import ERROR_REASON_INVALID_FIELD, ERROR_REASON_INVALID_PHONE_NUMBER
from appshare.v1.friendship_pb2 import (
    FRIENDSHIP_LEVEL_CONFIRMED,
    FRIENDSHIP_LEVEL_LIKELY,
    FRIENDSHIP_LEVEL_NONE,
    FRIENDSHIP_REASON_BOTH_LIST,
    FRIENDSHIP_REASON_OWNER_LISTS,
    FRIENDSHIP_REASON_UNSPECIFIED,
    Friend,
    PersonRef,
)

ANN, BOB, CARL, DORA, EVE = (f"+861380013800{digit}" for digit in range(5))


@pytest.fixture
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RadarStores]:
    async with opener(request, tmp_path, CHOSEN)() as stores:
        yield stores


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def sender() -> RecordingSender:
    return RecordingSender()


@pytest.fixture
async def stub(stores: RadarStores, clock: FakeClock, sender: RecordingSender) -> AsyncIterator[Any]:
    async with serving_radar(stores, clock, sender) as stub:
        yield stub


@pytest.fixture
def register(stub: Any, sender: RecordingSender) -> Register:
    return registering(stub, sender)


def find(asking: str, /, **person: Any) -> pb.FindDevicesRequest:
    return pb.FindDevicesRequest(device_id=asking, person=PersonRef(**person))


def batch(asking: str, *people: PersonRef) -> pb.BatchFindDevicesRequest:
    return pb.BatchFindDevicesRequest(device_id=asking, people=people)


def block(asking: str, /, **person: Any) -> pb.AddBlocksRequest:
    return pb.AddBlocksRequest(device_id=asking, person=PersonRef(**person))


def unblock(asking: str, /, **person: Any) -> pb.RemoveBlocksRequest:
    return pb.RemoveBlocksRequest(device_id=asking, person=PersonRef(**person))


def acknowledge(device_id: str, through: int) -> pb.AcknowledgeFriendshipChangesRequest:
    return pb.AcknowledgeFriendshipChangesRequest(device_id=device_id, through_position=through)


async def blocks_of(stub: Any, device_id: str) -> list[Any]:
    return list((await stub.ReadBlocks(pb.ReadBlocksRequest(device_id=device_id))).blocks)


async def changes_of(stub: Any, device_id: str) -> list[Any]:
    request = pb.ReadFriendshipChangesRequest(device_id=device_id)
    return list((await stub.ReadFriendshipChanges(request)).changes)


class TestBatchFindDevices:
    async def test_each_person_is_found_as_alone_in_the_order_of_the_request(
        self, stub: Any, register: Register
    ) -> None:
        ann = await register(ANN, BOB, CARL, EVE)
        bobs = [await register(BOB, ANN), await register(BOB)]
        carl = await register(CARL, ANN, EVE)
        await register(DORA)
        people = [
            PersonRef(number="138 0013 8002"),
            PersonRef(contact_id=1),
            PersonRef(device_id=bobs[1]),
            PersonRef(number=BOB),
            PersonRef(number=DORA),
            PersonRef(device_id=carl),
            PersonRef(contact_id=99),
            PersonRef(device_id="unknown"),
            PersonRef(device_id=ann),
            PersonRef(number=EVE),
        ]
        found = await stub.BatchFindDevices(batch(ann, *people))
        alone = [await stub.FindDevices(pb.FindDevicesRequest(device_id=ann, person=each)) for each in people]
        assert [list(each.acquaintances) for each in found.results] == [list(each.acquaintances) for each in alone]
        assert [len(each.acquaintances) for each in found.results] == [1, 2, 1, 2, 1, 1, 0, 0, 0, 0]
        assert {each.error for each in found.results} == {0}

    async def test_who_cannot_be_meant_is_an_error_of_that_person_alone(self, stub: Any, register: Register) -> None:
        ann, bob = await register(ANN, BOB), await register(BOB, ANN)
        people = [PersonRef(number="no number"), PersonRef(), PersonRef(number=BOB), PersonRef(number=" ")]
        found = (await stub.BatchFindDevices(batch(ann, *people))).results
        assert [each.error for each in found] == [
            ERROR_REASON_INVALID_PHONE_NUMBER,
            ERROR_REASON_INVALID_FIELD,
            0,
            ERROR_REASON_INVALID_FIELD,
        ]
        assert [[each.device_id for each in person.acquaintances] for person in found] == [[], [], [bob], []]

    async def test_a_hundred_people_are_found_at_once_and_no_more(self, stub: Any, register: Register) -> None:
        ann = await register(ANN)
        devices = {number: await register(number) for number in (f"+86138001390{index:02d}" for index in range(100))}
        people = [PersonRef(number=number) for number in devices]
        found = (await stub.BatchFindDevices(batch(ann, *people))).results
        assert [person.acquaintances[0].device_id for person in found] == list(devices.values())
        refused = await refusal(stub.BatchFindDevices(batch(ann, *people, PersonRef(number=BOB))))
        assert (refused.code, refused.reason, refused.field) == (
            StatusCode.INVALID_ARGUMENT,
            "INVALID_FIELD",
            "people",
        )

    async def test_nobody_is_found_where_nobody_is_asked_for(self, stub: Any, register: Register) -> None:
        assert await stub.BatchFindDevices(batch(await register(ANN))) == pb.BatchFindDevicesResponse()

    async def test_the_same_person_may_come_more_than_once(self, stub: Any, register: Register) -> None:
        ann, bob = await register(ANN, BOB), await register(BOB, ANN)
        people = [PersonRef(number=BOB), PersonRef(contact_id=1), PersonRef(device_id=bob)] * 2
        found = (await stub.BatchFindDevices(batch(ann, *people))).results
        assert [[each.device_id for each in person.acquaintances] for person in found] == [[bob]] * 6

    async def test_who_is_blocked_is_not_found(self, stub: Any, register: Register) -> None:
        ann, bob, carl = await register(ANN, BOB, CARL), await register(BOB, ANN), await register(CARL, ANN)
        await stub.AddBlocks(block(ann, number=BOB))
        await stub.AddBlocks(block(carl, number=ANN))
        people = [PersonRef(number=BOB), PersonRef(contact_id=1), PersonRef(device_id=bob), PersonRef(number=CARL)]
        found = await stub.BatchFindDevices(batch(ann, *people))
        assert list(found.results) == [pb.PersonDevices()] * 4


class TestBlocks:
    async def test_who_is_blocked_is_found_by_nobody_of_both_until_it_is_taken_back(
        self, stub: Any, register: Register
    ) -> None:
        ann, bob = await register(ANN, BOB), await register(BOB, ANN)
        assert await stub.AddBlocks(block(ann, contact_id=1)) == pb.AddBlocksResponse()
        for asking, number in ((ann, BOB), (bob, ANN)):
            assert await stub.FindDevices(find(asking, number=number)) == pb.FindDevicesResponse()
            listed = await stub.ListFriendships(pb.ListFriendshipsRequest(device_id=asking))
            assert listed == pb.ListFriendshipsResponse()
        assert await stub.RemoveBlocks(unblock(ann, contact_id=1)) == pb.RemoveBlocksResponse()
        [found] = (await stub.FindDevices(find(bob, number=ANN))).acquaintances
        assert found.as_viewer == FRIENDSHIP_LEVEL_CONFIRMED

    async def test_blocks_are_listed_newest_first(self, stub: Any, register: Register, clock: FakeClock) -> None:
        ann = await register(ANN, BOB)
        for number in (BOB, CARL, DORA):
            await stub.AddBlocks(block(ann, number=number))
            clock.advance(1)
        listed = await blocks_of(stub, ann)
        assert [each.contact_id for each in listed] == [0, 0, 1]
        assert [each.create_time.ToSeconds() for each in listed] == [clock.now - 1, clock.now - 2, clock.now - 3]
        assert len({each.block_id for each in listed}) == 3

    @pytest.mark.parametrize("size", [1, 2, 3, 4, 2**32 - 1])
    async def test_pages_of_any_size_hold_every_block_once(
        self, stub: Any, register: Register, clock: FakeClock, size: int
    ) -> None:
        ann = await register(ANN)
        for number in (BOB, CARL, DORA):
            await stub.AddBlocks(block(ann, number=number))  # two of them in the same moment
            clock.advance(0.5 if number == CARL else 0)
        request, blocks = pb.ReadBlocksRequest(device_id=ann, page_size=size), []
        while True:
            page = await stub.ReadBlocks(request)
            assert 0 < len(page.blocks) <= size
            blocks += page.blocks
            if not page.next_page_token:
                break
            request.page_token = page.next_page_token
        assert blocks == await blocks_of(stub, ann)
        assert len(blocks) == 3

    async def test_a_block_is_taken_back_by_its_id(self, stub: Any, register: Register) -> None:
        ann = await register(ANN)
        await stub.AddBlocks(block(ann, number=BOB))
        [listed] = await blocks_of(stub, ann)
        for _ in range(2):  # the second time there is none
            request = pb.RemoveBlocksRequest(device_id=ann, block_id=listed.block_id)
            assert await stub.RemoveBlocks(request) == pb.RemoveBlocksResponse()
            assert await blocks_of(stub, ann) == []

    async def test_blocking_says_nothing_of_who_is_blocked(self, stub: Any, register: Register) -> None:
        ann = await register(ANN)
        bob = await register(BOB)
        for person in ({"number": BOB}, {"number": EVE}, {"device_id": bob}, {"device_id": "unknown"}):
            assert await stub.AddBlocks(block(ann, **person)) == pb.AddBlocksResponse()
            assert await stub.RemoveBlocks(unblock(ann, **person)) == pb.RemoveBlocksResponse()

    @pytest.mark.parametrize(
        ("person", "field", "reason"),
        [
            ({}, "person", "INVALID_FIELD"),
            ({"number": ""}, "person.number", "INVALID_FIELD"),
            ({"number": "Ann"}, "person.number", "INVALID_PHONE_NUMBER"),
        ],
    )
    async def test_a_malformed_person_is_named(
        self, stub: Any, register: Register, person: dict[str, Any], field: str, reason: str
    ) -> None:
        ann = await register(ANN)
        for call in (stub.AddBlocks(block(ann, **person)), stub.RemoveBlocks(unblock(ann, **person))):
            refused = await refusal(call)
            assert (refused.code, refused.reason, refused.field) == (StatusCode.INVALID_ARGUMENT, reason, field)

    async def test_what_is_taken_back_has_to_be_said(self, stub: Any, register: Register) -> None:
        refused = await refusal(stub.RemoveBlocks(pb.RemoveBlocksRequest(device_id=await register(ANN))))
        assert (refused.code, refused.reason, refused.field) == (
            StatusCode.INVALID_ARGUMENT,
            "INVALID_FIELD",
            "blocked",
        )

    async def test_the_own_number_is_refused(self, stub: Any, register: Register) -> None:
        ann = await register(ANN)
        for person in ({"number": ANN}, {"device_id": ann}):
            refused = await refusal(stub.AddBlocks(block(ann, **person)))
            assert (refused.code, refused.reason, refused.field) == (
                StatusCode.INVALID_ARGUMENT,
                "INVALID_FIELD",
                "person",
            )

    async def test_more_blocks_than_a_person_may_have_are_refused(self, stub: Any, register: Register) -> None:
        ann = await register(ANN)
        numbers = [f"+86138001390{index:02d}" for index in range(MAX_BLOCKS)]
        for number in numbers:
            await stub.AddBlocks(block(ann, number=number))
        refused = await refusal(stub.AddBlocks(block(ann, number=BOB)))
        assert (refused.code, refused.reason) == (StatusCode.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED")
        assert refused.retry_after is None
        await stub.AddBlocks(block(ann, number=numbers[0]))

    @pytest.mark.parametrize("token", ["garbage", encode_token("a", 1), encode_token(-1, "x") + "=", "x" * 100_000])
    async def test_a_token_that_is_not_of_this_list_is_refused(self, stub: Any, register: Register, token: str) -> None:
        refused = await refusal(stub.ReadBlocks(pb.ReadBlocksRequest(device_id=await register(ANN), page_token=token)))
        assert (refused.code, refused.reason) == (StatusCode.INVALID_ARGUMENT, "INVALID_PAGE_TOKEN")


class TestFriendshipChanges:
    async def test_changes_are_read_and_acknowledged(self, stub: Any, register: Register, clock: FakeClock) -> None:
        ann = await register(ANN, CARL, EVE)
        bob, carl = await register(BOB, ANN, EVE), await register(CARL, ANN)
        read = await stub.ReadFriendshipChanges(pb.ReadFriendshipChangesRequest(device_id=ann))
        assert [each.friend for each in read.changes] == [
            Friend(device_id=carl, contact_id=1, level=FRIENDSHIP_LEVEL_CONFIRMED, reason=FRIENDSHIP_REASON_BOTH_LIST),
            Friend(device_id=bob, contact_id=0, level=FRIENDSHIP_LEVEL_LIKELY, reason=FRIENDSHIP_REASON_OWNER_LISTS),
        ]
        assert [each.position for each in read.changes] == [1, 2]
        assert {each.create_time.ToSeconds() for each in read.changes} == {clock.now}
        assert read.head_position == 2
        await stub.AcknowledgeFriendshipChanges(acknowledge(ann, 1))
        assert [each.position for each in await changes_of(stub, ann)] == [2]
        await stub.AcknowledgeFriendshipChanges(acknowledge(ann, 2))
        assert await changes_of(stub, ann) == []
        await stub.SyncBook(full(carl, EVE))
        [over] = await changes_of(stub, ann)
        assert over.friend == Friend(
            device_id=carl, contact_id=1, level=FRIENDSHIP_LEVEL_NONE, reason=FRIENDSHIP_REASON_UNSPECIFIED
        )

    async def test_pages_have_a_size_and_begin_behind_a_position(self, stub: Any, register: Register) -> None:
        ann = await register(ANN, BOB, CARL)
        for number in (BOB, CARL):
            await register(number, ANN)
        request = pb.ReadFriendshipChangesRequest(device_id=ann, page_size=1)
        for after, expected in ((0, [1]), (1, [2]), (2, []), (2**64 - 1, [])):
            request.after_position = after
            read = await stub.ReadFriendshipChanges(request)
            assert [each.position for each in read.changes] == expected
            assert read.head_position == 2

    @pytest.mark.parametrize("through", [1, 2**63, 2**64 - 1])
    async def test_an_acknowledgement_of_the_future_is_refused(
        self, stub: Any, register: Register, through: int
    ) -> None:
        refused = await refusal(stub.AcknowledgeFriendshipChanges(acknowledge(await register(ANN), through)))
        assert (refused.code, refused.reason) == (StatusCode.OUT_OF_RANGE, "POSITION_AHEAD")
        assert refused.field == "through_position"

    async def test_a_watch_begins_with_a_heartbeat_then_what_waits_then_what_comes(
        self, stub: Any, register: Register
    ) -> None:
        ann, bob, carl = await register(ANN, BOB, CARL), await register(BOB, ANN), await register(CARL)
        call = stub.WatchFriendships(pb.WatchFriendshipsRequest(device_id=ann))
        assert (await call.read()).heartbeat.head_position == 1
        assert (await call.read()).change.friend.device_id == bob
        assert (await call.read()).HasField("heartbeat")  # it waits
        await stub.SyncBook(full(carl, ANN))
        assert (await next_change(call)).friend.device_id == carl
        await stub.AddBlocks(block(bob, number=ANN))
        over = await next_change(call)
        assert (over.friend.device_id, over.friend.level) == (bob, FRIENDSHIP_LEVEL_NONE)
        call.cancel()

    async def test_a_watch_of_a_device_that_is_not_registered_is_refused(self, stub: Any) -> None:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.WatchFriendships(pb.WatchFriendshipsRequest(device_id="unknown")).read()
        refused = read_refusal(caught.value)
        assert (refused.code, refused.reason) == (StatusCode.NOT_FOUND, "DEVICE_NOT_FOUND")


class TestEveryCall:
    @pytest.mark.parametrize("device_id", ["", "unknown", "\u0000", "x" * 10_000])
    async def test_a_device_that_is_not_registered_is_told(self, stub: Any, device_id: str) -> None:
        for call in (
            stub.BatchFindDevices(batch(device_id)),
            stub.AddBlocks(block(device_id, number=BOB)),
            stub.RemoveBlocks(unblock(device_id, number=BOB)),
            stub.RemoveBlocks(pb.RemoveBlocksRequest(device_id=device_id, block_id="x")),
            stub.ReadBlocks(pb.ReadBlocksRequest(device_id=device_id)),
            stub.ReadFriendshipChanges(pb.ReadFriendshipChangesRequest(device_id=device_id)),
            stub.AcknowledgeFriendshipChanges(acknowledge(device_id, 0)),
        ):
            refused = await refusal(call)
            assert (refused.code, refused.reason) == (StatusCode.NOT_FOUND, "DEVICE_NOT_FOUND")

    async def test_a_database_that_cannot_be_written_is_told_and_serves_again_afterwards(
        self, stub: Any, register: Register, stores: RadarStores
    ) -> None:
        ann, bob = await register(ANN, BOB), await register(BOB, ANN)
        calls: tuple[Callable[[], Any], ...] = (
            lambda: stub.AddBlocks(block(ann, number=CARL)),
            lambda: stub.RemoveBlocks(unblock(ann, number=CARL)),
            lambda: stub.ReadFriendshipChanges(pb.ReadFriendshipChangesRequest(device_id=ann)),
            lambda: stub.AcknowledgeFriendshipChanges(acknowledge(ann, 0)),
        )
        async with stores.read_only():
            for call in calls:
                refused = await refusal(call())
                assert (refused.code, refused.reason) == (StatusCode.UNAVAILABLE, "STORAGE_UNAVAILABLE")
            found = await stub.BatchFindDevices(batch(ann, PersonRef(device_id=bob)))
            assert [each.device_id for each in found.results[0].acquaintances] == [bob]
        for call in calls:
            await call()

    async def test_no_refusal_carries_a_number(self, stub: Any, register: Register) -> None:
        ann = await register(ANN)
        digits = "65059876543210123" + "x" * 60
        for call in (stub.AddBlocks(block(ann, number=digits)), stub.RemoveBlocks(unblock(ann, number=digits))):
            assert "6505987654" not in str(await refusal(call))


async def next_change(call: Any) -> Any:
    async with asyncio.timeout(30):
        while not (message := await call.read()).HasField("change"):
            pass
    return message.change
