import pytest
from tests.unit.gateway.stage import Stage

from appshare import errors
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import relation_radar_pb2 as radar_pb
from appshare.v1.error_reason_pb2 import ERROR_REASON_INVALID_PHONE_NUMBER
from appshare.v1.friendship_pb2 import (
    FRIENDSHIP_LEVEL_CONFIRMED,
    FRIENDSHIP_LEVEL_LIKELY,
    FRIENDSHIP_LEVEL_NONE,
    FRIENDSHIP_REASON_BOTH_LIST,
    Block,
    Friend,
    PersonRef,
)

SOMEBODY = PersonRef(contact_id=7)
THIS_PAGE, NEXT_PAGE = "this", "next"


async def test_people_are_checked_in_one_call_each_with_a_result_of_its_own(stage: Stage) -> None:
    levels = (FRIENDSHIP_LEVEL_LIKELY, FRIENDSHIP_LEVEL_CONFIRMED)
    stage.radar.answers["BatchFindDevices"] = radar_pb.BatchFindDevicesResponse(
        results=[
            radar_pb.PersonDevices(acquaintances=[radar_pb.Acquaintance(as_viewer=level) for level in levels]),
            radar_pb.PersonDevices(error=ERROR_REASON_INVALID_PHONE_NUMBER),
            radar_pb.PersonDevices(),
        ]
    )
    request = pb.BatchCheckFriendsRequest(people=[PersonRef(number=each) for each in ("1", "x", "2")])
    checks = (await stage.ask(request)).checks
    assert [(each.level, each.error) for each in checks] == [
        (FRIENDSHIP_LEVEL_CONFIRMED, 0),
        (0, ERROR_REASON_INVALID_PHONE_NUMBER),
        (FRIENDSHIP_LEVEL_NONE, 0),
    ]
    [asked] = stage.radar.asked("BatchFindDevices")
    assert (asked.device_id, list(asked.people)) == ("me", list(request.people))


async def test_too_many_people_are_refused(stage: Stage) -> None:
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await stage.ask(pb.BatchCheckFriendsRequest(people=[SOMEBODY] * 101))
    assert (refusal.value.field, stage.calls) == ("people", [])


async def test_friends_come_with_the_reason(stage: Stage) -> None:
    friend = Friend(device_id="d", contact_id=7, level=FRIENDSHIP_LEVEL_CONFIRMED, reason=FRIENDSHIP_REASON_BOTH_LIST)
    stage.radar.answers["ListFriendships"] = radar_pb.ListFriendshipsResponse(friends=[friend], truncated=True)
    listed = await stage.ask(pb.ListFriendsRequest())
    assert (list(listed.friends), listed.truncated) == ([friend], True)


async def test_a_block_is_of_the_calling_device(stage: Stage) -> None:
    await stage.ask(pb.BlockPersonRequest(person=SOMEBODY))
    assert stage.calls == [("AddBlocks", radar_pb.AddBlocksRequest(device_id="me", person=SOMEBODY))]


@pytest.mark.parametrize("blocked", [{"person": SOMEBODY}, {"block_id": "b7"}])
async def test_a_block_is_taken_back_by_person_or_by_id(stage: Stage, blocked: dict[str, object]) -> None:
    await stage.ask(pb.UnblockPersonRequest(**blocked))
    assert stage.calls == [("RemoveBlocks", radar_pb.RemoveBlocksRequest(device_id="me", **blocked))]


async def test_to_take_back_a_block_somebody_is_named(stage: Stage) -> None:
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await stage.ask(pb.UnblockPersonRequest())
    assert (refusal.value.field, stage.calls) == ("blocked", [])


async def test_blocks_are_listed_by_page(stage: Stage) -> None:
    block = Block(block_id="b7", contact_id=7)
    stage.radar.answers["ReadBlocks"] = radar_pb.ReadBlocksResponse(blocks=[block], next_page_token=NEXT_PAGE)
    listed = await stage.ask(pb.ListBlocksRequest(page_size=1, page_token=THIS_PAGE))
    assert (list(listed.blocks), listed.next_page_token) == ([block], NEXT_PAGE)
    assert stage.calls == [
        ("ReadBlocks", radar_pb.ReadBlocksRequest(device_id="me", page_size=1, page_token=THIS_PAGE))
    ]
