"""What RelationRadar says of people tells nobody who is registered, who blocks whom, or who lists whom not."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from tests.support.radar import Register, registering, serving_radar
from tests.support.radar_stores import ENGINES, opener
from tests.unit.relation_radar.doubles import FakeClock, RecordingSender

from appshare.v1 import relation_radar_pb2 as pb
from appshare.v1.friendship_pb2 import FRIENDSHIP_LEVEL_NONE, PersonRef

ANN, BLOCKER, BLOCKED, SILENT, BUSY, NOBODY, MUTUAL = (f"+861380013800{digit}" for digit in range(7))
BOOK = (BLOCKER, BLOCKED, SILENT, BUSY, NOBODY, MUTUAL)
LISTED = dict(zip(BOOK, range(1, 7), strict=True))


@pytest.fixture
def sender() -> RecordingSender:
    return RecordingSender()


@pytest.fixture(params=ENGINES)
async def stub(request: pytest.FixtureRequest, tmp_path: Path, sender: RecordingSender) -> AsyncIterator[Any]:
    async with (
        opener(request, tmp_path, request.param)() as stores,
        serving_radar(stores, FakeClock(), sender) as stub,
    ):
        yield stub


@pytest.fixture
def register(stub: Any, sender: RecordingSender) -> Register:
    return registering(stub, sender)


@pytest.fixture
async def devices(stub: Any, register: Register) -> dict[str, str]:
    """The device of each number. Ann lists everybody; who blocks her, and whom she blocks, lists her too."""
    devices = {
        ANN: await register(ANN, *BOOK),
        BLOCKER: await register(BLOCKER, ANN, MUTUAL),
        BLOCKED: await register(BLOCKED, ANN, MUTUAL),
        SILENT: await register(SILENT),
        BUSY: await register(BUSY, MUTUAL, BLOCKER),
    }
    for asking, number in ((BLOCKER, ANN), (ANN, BLOCKED)):
        person = PersonRef(number=number)
        await stub.AddBlocks(pb.AddBlocksRequest(device_id=devices[asking], person=person))
    return devices


async def answers(call: Any) -> tuple[Message, list[tuple[str, Any]]]:
    """What comes back of a call: the message and all metadata around it."""
    response = await call
    return response, [*(await call.initial_metadata() or ()), *(await call.trailing_metadata() or ())]


def people_of(number: str, devices: dict[str, str]) -> list[PersonRef]:
    """A person, in every way in which Ann can mean them."""
    device_id = devices.get(number, "A" * 22)
    return [PersonRef(number=number), PersonRef(contact_id=LISTED[number]), PersonRef(device_id=device_id)]


async def test_who_is_not_registered_and_who_is_blocked_either_way_get_the_same_answer(
    stub: Any, devices: dict[str, str]
) -> None:
    for number in (NOBODY, BLOCKER, BLOCKED):
        people = people_of(number, devices)
        for person in people:
            request = pb.FindDevicesRequest(device_id=devices[ANN], person=person)
            assert await answers(stub.FindDevices(request)) == (pb.FindDevicesResponse(), [])
        batch = pb.BatchFindDevicesRequest(device_id=devices[ANN], people=people)
        empty = pb.BatchFindDevicesResponse(results=[pb.PersonDevices()] * 3)
        assert await answers(stub.BatchFindDevices(batch)) == (empty, [])


async def test_of_strangers_a_viewer_is_not_told_whom_they_list(stub: Any, devices: dict[str, str]) -> None:
    sizes = set()
    for number in (SILENT, BUSY):
        for person in people_of(number, devices):
            request = pb.FindDevicesRequest(device_id=devices[ANN], person=person)
            response, metadata = await answers(stub.FindDevices(request))
            [found] = response.acquaintances
            assert found.as_viewer == FRIENDSHIP_LEVEL_NONE
            assert (found.device_id, found.contact_id) == (devices[number], LISTED[number])
            assert metadata == []
            sizes.add(response.ByteSize())
    assert len(sizes) == 1


async def test_the_list_and_the_changes_hold_none_of_them(stub: Any, devices: dict[str, str]) -> None:
    listed = pb.ListFriendshipsRequest(device_id=devices[ANN])
    assert await stub.ListFriendships(listed) == pb.ListFriendshipsResponse()
    changes = pb.ReadFriendshipChangesRequest(device_id=devices[ANN])
    assert await stub.ReadFriendshipChanges(changes) == pb.ReadFriendshipChangesResponse()


@pytest.mark.parametrize("number", [BLOCKER, BLOCKED, SILENT, NOBODY])
async def test_blocking_and_unblocking_get_the_same_answer_whoever_it_is(
    stub: Any, devices: dict[str, str], number: str
) -> None:
    for person in people_of(number, devices):
        block = pb.AddBlocksRequest(device_id=devices[ANN], person=person)
        assert await answers(stub.AddBlocks(block)) == (pb.AddBlocksResponse(), [])
        unblock = pb.RemoveBlocksRequest(device_id=devices[ANN], person=person)
        assert await answers(stub.RemoveBlocks(unblock)) == (pb.RemoveBlocksResponse(), [])
