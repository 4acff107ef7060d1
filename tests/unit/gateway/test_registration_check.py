"""A removed device's token is void at once, whatever it is shown for."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.unit.gateway.stage import Stage

from appshare import errors
from appshare.gateway.device.account import OPEN_METHODS
from appshare.gateway.reads import READS, REGISTRY_SERVICE
from appshare.gateway.registration_check import ASKING_METHODS, READING_METHODS
from appshare.v1 import device_gateway_pb2, relation_radar_pb2, share_pb2
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import relation_radar_pb2 as radar_pb
from appshare.v1 import share_registry_pb2 as registry_pb
from appshare.v1.friendship_pb2 import ContactBook, PersonRef
from appshare.v1.inbox_pb2 import InboxHeartbeat

GONE = errors.NotFoundError(errors.Reason.DEVICE_NOT_FOUND, "not registered any more")
SOMEBODY = PersonRef(number="+8613800138000")
NEXT_PAGE = "next"
STREAMS = {"Subscribe", "DownloadApp"}

COMPLETE = {
    "SyncContacts": pb.SyncContactsRequest(full=ContactBook()),
    "UnblockPerson": pb.UnblockPersonRequest(block_id="b"),
    "PublishApps": pb.PublishAppsRequest(full=share_pb2.Inventory()),
    "PushShares": pb.PushSharesRequest(recipients=[SOMEBODY]),
    "ReportInstall": pb.ReportInstallRequest(owner=SOMEBODY, package_name="a.b"),
    "MatchApp": pb.MatchAppRequest(owner=SOMEBODY, package_name="a.b"),
    "DownloadApp": pb.DownloadAppRequest(package_name="a.b"),
}
"""Requests of methods that refuse an empty one."""

METHODS = [
    method.name
    for service in device_gateway_pb2.DESCRIPTOR.services_by_name.values()
    for method in service.methods
    if f"/{service.full_name}/{method.name}" not in OPEN_METHODS
]

RADARS = {method.name for method in relation_radar_pb2.DESCRIPTOR.services_by_name["RelationRadarService"].methods}


def require_only_reads(stage: Stage) -> None:
    """Nobody but the radar is asked for anything that is done or kept."""
    assert set(stage.asked) - RADARS <= READS[REGISTRY_SERVICE]


def request_of(method: str) -> Any:
    return COMPLETE.get(method) or getattr(pb, f"{method}Request")()


async def call(stage: Stage, method: str) -> None:
    if method in STREAMS:
        async for _ in stage.stream(request_of(method)):
            pass
    else:
        await stage.ask(request_of(method))


def test_only_methods_of_the_contract_are_left_unchecked() -> None:
    names = {
        f"/{service.full_name}/{method.name}"
        for service in device_gateway_pb2.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    assert names > ASKING_METHODS | READING_METHODS


@pytest.mark.parametrize("method", METHODS)
async def test_a_removed_device_is_refused_before_anything_is_done(stage: Stage, method: str) -> None:
    stage.radar.answers |= {each.name: GONE for each in stage.radar.service.methods}
    with pytest.raises(errors.NotFoundError) as refusal:
        await call(stage, method)
    assert refusal.value.reason is errors.Reason.DEVICE_NOT_FOUND
    asked = [request for name, request in stage.calls if name in RADARS]
    assert asked
    assert all(request.device_id == "me" for request in asked)
    require_only_reads(stage)


async def test_while_the_radar_is_down_nobody_gets_in(stage: Stage) -> None:
    """All methods at once: each tries for a while to reach the radar."""
    await stage.stop("relation_radar")
    refusals = await asyncio.gather(*(call(stage, method) for method in METHODS), return_exceptions=True)
    reasons = {method: getattr(refusal, "reason", refusal) for method, refusal in zip(METHODS, refusals, strict=True)}
    assert reasons == dict.fromkeys(METHODS, errors.Reason.SERVICE_UNAVAILABLE)
    assert {type(refusal) for refusal in refusals} == {errors.UnavailableError}
    require_only_reads(stage)


async def test_the_radar_is_asked_once_by_a_call_that_asks_it_anyway(stage: Stage) -> None:
    await stage.ask(pb.ListBlocksRequest())
    await stage.ask(pb.ListMyAppsRequest())
    await stage.ask(pb.SetAudiencesRequest())
    assert stage.asked[:1] + stage.asked[3:] == ["ReadBlocks", "CheckDevice", "ChangeAudiences"]
    assert sorted(stage.asked[1:3]) == ["CheckDevice", "ListInventory"]  # at the same time


async def test_what_is_read_meanwhile_waits_for_the_radar(stage: Stage) -> None:
    asked = asyncio.Event()

    async def read(_request: Any) -> registry_pb.ListInventoryResponse:
        asked.set()
        return registry_pb.ListInventoryResponse(next_page_token=NEXT_PAGE)

    async def refuse(_request: Any) -> errors.NotFoundError:
        await asked.wait()
        raise GONE

    stage.registry.answers["ListInventory"] = read
    stage.radar.answers["CheckDevice"] = refuse
    with pytest.raises(errors.NotFoundError):
        await stage.ask(pb.ListMyAppsRequest())


async def endless() -> AsyncIterator[registry_pb.StreamInboxResponse]:
    while True:
        yield registry_pb.StreamInboxResponse(heartbeat=InboxHeartbeat())
        await asyncio.sleep(0)


async def test_a_stream_of_a_device_that_is_removed_meanwhile_ends(stage: Stage) -> None:
    stage.registry.answers["StreamInbox"] = lambda _: endless()
    heartbeat = radar_pb.WatchFriendshipsResponse(heartbeat=radar_pb.FriendshipsHeartbeat(head_position=1))
    stage.radar.answers["WatchFriendships"] = [heartbeat, GONE]
    with pytest.raises(errors.NotFoundError) as refusal:
        await call(stage, "Subscribe")
    assert refusal.value.reason is errors.Reason.DEVICE_NOT_FOUND
