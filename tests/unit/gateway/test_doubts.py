"""Streams that run are looked at again when somebody's rights change."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.unit.gateway.stage import Stage

from appshare import errors
from appshare.gateway.doubts import Doubts, Standing
from appshare.v1 import app_download_pb2 as download_pb
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import relation_radar_pb2 as radar_pb
from appshare.v1 import share_registry_pb2 as registry_pb
from appshare.v1.app_pb2 import App
from appshare.v1.fit_pb2 import FileChunk
from appshare.v1.friendship_pb2 import FRIENDSHIP_LEVEL_LIKELY, ContactBook, PersonRef
from appshare.v1.share_pb2 import Inventory, InventoryDelta, Share

OWNER = PersonRef(device_id="owner")
SHARED = registry_pb.FindVisibleShareResponse(share=Share())
KNOWN = radar_pb.FindDevicesResponse(
    acquaintances=[radar_pb.Acquaintance(device_id="owner", as_viewer=FRIENDSHIP_LEVEL_LIKELY)]
)
REFUSED = errors.PermissionDeniedError(errors.Reason.NOT_SHARED_WITH_YOU, "no")
AWAY = errors.UnavailableError(errors.Reason.SERVICE_UNAVAILABLE, "away")


async def endless(_request: Any) -> AsyncIterator[Any]:
    while True:
        yield download_pb.DownloadResponse(chunk=FileChunk(data=b"x"))
        await asyncio.sleep(0.01)


@pytest.fixture
def downloading(stage: Stage) -> Any:
    stage.radar.answers["FindDevices"] = KNOWN
    stage.registry.answers["FindVisibleShare"] = SHARED
    stage.download.answers["Download"] = endless
    return stage.stream(pb.DownloadAppRequest(owner=OWNER, package_name="org.app"))


async def test_a_download_ends_when_the_share_is_none_any_more_after_a_block(stage: Stage, downloading: Any) -> None:
    await anext(downloading)
    stage.registry.answers["FindVisibleShare"] = registry_pb.FindVisibleShareResponse()
    await stage.ask(pb.BlockPersonRequest(person=OWNER))
    with pytest.raises(errors.PermissionDeniedError):
        async for _message in downloading:
            pass


@pytest.mark.parametrize(
    "change",
    [
        pb.SetAudiencesRequest(),
        pb.PublishAppsRequest(full=Inventory()),
        pb.PublishAppsRequest(delta=InventoryDelta(removed_package_names=["org.app"])),
        pb.SyncContactsRequest(full=ContactBook()),
    ],
    ids=["an audience", "an app that is gone", "an app that is removed", "a book"],
)
async def test_a_download_ends_when_a_change_leaves_no_share(stage: Stage, downloading: Any, change: Any) -> None:
    await anext(downloading)
    stage.registry.answers["FindVisibleShare"] = registry_pb.FindVisibleShareResponse()
    await stage.ask(change)
    with pytest.raises(errors.PermissionDeniedError):
        async for _message in downloading:
            pass


async def test_apps_that_come_raise_no_doubt(stage: Stage, downloading: Any) -> None:
    await anext(downloading)
    asked = len(stage.registry.asked("FindVisibleShare"))
    await stage.ask(pb.PublishAppsRequest(delta=InventoryDelta(upserted=[App(package_name="org.other")])))
    for _ in range(10):
        await anext(downloading)
    assert len(stage.registry.asked("FindVisibleShare")) == asked
    await downloading.aclose()


async def test_a_download_goes_on_after_a_block_that_does_not_concern_it(stage: Stage, downloading: Any) -> None:
    await anext(downloading)
    asked = len(stage.registry.asked("FindVisibleShare"))
    await stage.ask(pb.BlockPersonRequest(person=PersonRef(device_id="other")))
    while len(stage.registry.asked("FindVisibleShare")) == asked:
        await anext(downloading)
    for _ in range(10):
        await anext(downloading)
    await downloading.aclose()


@pytest.fixture
def doubts() -> Doubts:
    return Doubts()


async def refusal_of(standing: Standing) -> errors.AppShareError:
    while True:
        try:
            standing.require()
        except errors.AppShareError as error:
            return error
        await asyncio.sleep(0)


async def test_each_device_that_has_to_do_with_a_stream_makes_it_looked_at(doubts: Doubts) -> None:
    async def refuse() -> None:
        raise REFUSED

    for device in ("viewer", "owner"):
        with doubts.standing(["viewer", "owner"], refuse) as standing:
            doubts.about(["stranger"])
            standing.require()
            doubts.about([device])
            assert await refusal_of(standing) is REFUSED
    assert not doubts._standings


async def test_who_cannot_be_asked_ends_no_stream(doubts: Doubts) -> None:
    asked = 0

    async def fail() -> None:
        nonlocal asked
        asked += 1
        raise AWAY if asked == 1 else REFUSED

    with doubts.standing(["viewer"], fail) as standing:
        doubts.about(["viewer"])
        while not asked:  # noqa: ASYNC110  # of a task that the standing has
            await asyncio.sleep(0)
        standing.require()
        doubts.about(["viewer"])
        assert await refusal_of(standing) is REFUSED


async def test_a_doubt_that_comes_while_one_is_looked_at_is_looked_at_too(doubts: Doubts) -> None:
    looking, going_on = asyncio.Event(), asyncio.Event()
    answers = iter([None, REFUSED])

    async def check() -> None:
        looking.set()
        await going_on.wait()
        if answer := next(answers):
            raise answer

    with doubts.standing(["viewer"], check) as standing:
        doubts.about(["viewer"])
        await looking.wait()
        doubts.about(["viewer"])
        going_on.set()
        assert await refusal_of(standing) is REFUSED
