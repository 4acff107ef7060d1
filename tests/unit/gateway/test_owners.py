"""Friendship and shares asked for together: nothing is seen that asking one after the other would not show."""

import asyncio
from typing import Any

import pytest
from tests.unit.gateway.stage import Stage

from appshare import errors
from appshare.v1 import app_download_pb2 as download_pb
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import relation_radar_pb2 as radar_pb
from appshare.v1 import share_registry_pb2 as registry_pb
from appshare.v1.app_pb2 import App
from appshare.v1.fit_pb2 import FitAnswer
from appshare.v1.friendship_pb2 import FRIENDSHIP_LEVEL_CONFIRMED, FRIENDSHIP_LEVEL_NONE, PersonRef
from appshare.v1.share_pb2 import Share

OWNER = PersonRef(number="+8613800138000")
LIST = pb.ListSharesRequest(owner=OWNER)
MATCH = pb.MatchAppRequest(owner=OWNER, package_name="chat")
GONE = errors.UnavailableError(errors.Reason.STORAGE_UNAVAILABLE, "the disk is full")


def phone(level: Any = FRIENDSHIP_LEVEL_CONFIRMED) -> radar_pb.Acquaintance:
    return radar_pb.Acquaintance(device_id="phone", as_viewer=level, as_owner=level)


def found(*devices: radar_pb.Acquaintance) -> radar_pb.FindDevicesResponse:
    return radar_pb.FindDevicesResponse(acquaintances=devices)


def visible_to_friends(request: Any) -> registry_pb.ListVisibleSharesResponse:
    """What the registry answers: a share of each owner who is a friend."""
    shares = [
        Share(owner_device_id=each.device_id, app=App(package_name="chat"))
        for each in request.owners
        if each.level > FRIENDSHIP_LEVEL_NONE
    ]
    return registry_pb.ListVisibleSharesResponse(shares=shares)


@pytest.fixture
def friends(stage: Stage) -> Stage:
    """The owner is a friend with a share, and the device knows it."""
    stage.radar.answers["FindDevices"] = found(phone())
    stage.registry.answers["ListVisibleShares"] = visible_to_friends
    share = registry_pb.FindVisibleShareResponse(share=Share(owner_device_id="phone"))
    stage.registry.answers["FindVisibleShare"] = share
    return stage


async def owners_seen(stage: Stage) -> list[str]:
    return [each.owner_device_id for each in (await stage.ask(LIST)).shares]


async def refused(stage: Stage, request: Any = LIST) -> None:
    with pytest.raises(errors.PermissionDeniedError) as refusal:
        await stage.ask(request)
    assert refusal.value.reason is errors.Reason.NOT_SHARED_WITH_YOU


async def test_the_registry_is_asked_while_the_radar_is(friends: Stage) -> None:
    assert await owners_seen(friends) == ["phone"]
    asked = asyncio.Event()

    def answer(request: Any) -> Any:
        asked.set()
        return visible_to_friends(request)

    async def answer_when_the_registry_was_asked(_request: Any) -> Any:
        await asked.wait()
        return found(phone())

    friends.registry.answers["ListVisibleShares"] = answer
    friends.radar.answers["FindDevices"] = answer_when_the_registry_was_asked
    assert await owners_seen(friends) == ["phone"]


async def test_the_radar_decides_on_every_call(friends: Stage) -> None:
    for _ in range(3):
        await owners_seen(friends)
    assert friends.asked.count("FindDevices") == 3
    assert friends.asked.count("ListVisibleShares") == 3


async def test_who_is_no_friend_any_more_shows_nothing(friends: Stage) -> None:
    await owners_seen(friends)
    friends.radar.answers["FindDevices"] = found(phone(FRIENDSHIP_LEVEL_NONE))
    await refused(friends)
    friends.radar.answers["FindDevices"] = found()
    await refused(friends)


async def test_another_device_of_the_person_is_seen_at_once(friends: Stage) -> None:
    await owners_seen(friends)
    tablet = radar_pb.Acquaintance(device_id="tablet", as_viewer=FRIENDSHIP_LEVEL_CONFIRMED)
    friends.radar.answers["FindDevices"] = found(phone(), tablet)
    assert await owners_seen(friends) == ["phone", "tablet"]


async def test_what_is_not_shared_any_more_is_not_seen(friends: Stage) -> None:
    await owners_seen(friends)
    friends.registry.answers["ListVisibleShares"] = registry_pb.ListVisibleSharesResponse()
    await refused(friends)


async def test_who_shares_nothing_is_asked_for_in_one_way_whether_registered_or_not(friends: Stage) -> None:
    friends.radar.answers["FindDevices"] = found()
    for _ in range(2):
        await refused(friends)
    friends.radar.answers["FindDevices"] = found(phone(FRIENDSHIP_LEVEL_NONE))
    await refused(friends)
    assert friends.asked == ["FindDevices", "ListVisibleShares"] * 3


async def test_a_registered_device_is_required_whatever_the_registry_says_meanwhile(friends: Stage) -> None:
    await owners_seen(friends)
    gone = errors.NotFoundError(errors.Reason.DEVICE_NOT_FOUND, "not registered")
    friends.radar.answers["FindDevices"] = gone
    with pytest.raises(errors.NotFoundError):
        await stage_answers(friends)


async def stage_answers(stage: Stage) -> Any:
    return await stage.ask(LIST)


async def test_a_registry_that_fails_while_the_radar_says_something_new_is_asked_again(friends: Stage) -> None:
    await owners_seen(friends)
    answers = iter([GONE])
    friends.registry.answers["ListVisibleShares"] = lambda request: next(answers, None) or visible_to_friends(request)
    friends.radar.answers["FindDevices"] = found(
        phone(), radar_pb.Acquaintance(device_id="tablet", as_viewer=FRIENDSHIP_LEVEL_NONE)
    )
    try:
        assert await owners_seen(friends) == ["phone"]
    except errors.UnavailableError:
        pytest.fail("the answer to a guess that was wrong counted")


async def test_a_registry_that_is_down_is_told(friends: Stage) -> None:
    await owners_seen(friends)
    friends.registry.answers["ListVisibleShares"] = GONE
    with pytest.raises(errors.UnavailableError) as failure:
        await stage_answers(friends)
    assert failure.value.reason is errors.Reason.STORAGE_UNAVAILABLE


class TestMatch:
    async def test_the_fit_is_asked_for_while_the_share_is(self, friends: Stage) -> None:
        await owners_seen(friends)
        asked = asyncio.Event()

        def fit(_request: Any) -> Any:
            asked.set()
            return download_pb.MatchResponse(answer=FitAnswer())

        async def share_when_the_fit_was_asked(_request: Any) -> Any:
            await asked.wait()
            return registry_pb.FindVisibleShareResponse(share=Share(owner_device_id="phone"))

        friends.download.answers["Match"] = fit
        friends.registry.answers["FindVisibleShare"] = share_when_the_fit_was_asked
        assert (await friends.ask(MATCH)).HasField("answer")

    async def test_nothing_is_asked_for_a_stranger(self, friends: Stage) -> None:
        friends.registry.answers["FindVisibleShare"] = registry_pb.FindVisibleShareResponse()
        await refused(friends, MATCH)
        assert friends.asked == ["FindDevices", "FindVisibleShare"]

    @pytest.mark.parametrize("answer", [GONE, errors.InvalidArgumentError(errors.Reason.INVALID_FIELD, "profile")])
    async def test_of_what_is_not_shared_the_fit_is_not_told_whatever_it_is(self, friends: Stage, answer: Any) -> None:
        await owners_seen(friends)
        friends.registry.answers["FindVisibleShare"] = registry_pb.FindVisibleShareResponse()
        friends.download.answers["Match"] = answer
        await refused(friends, MATCH)
