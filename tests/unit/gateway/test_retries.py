"""What is asked again while a service is not available: reads, within their time; writes never."""

import asyncio
from typing import Any

import pytest
from tests.unit.gateway.scripted import serving
from tests.unit.gateway.stage import GATEWAY, Stage

from appshare import errors
from appshare.gateway.reads import READS
from appshare.rpc import server
from appshare.v1 import app_download_pb2, relation_radar_pb2, share_registry_pb2
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import share_registry_pb2 as registry_pb
from appshare.v1.share_pb2 import AUDIENCE_KIND_FRIENDS, Audience, InventoryApp

GONE = errors.UnavailableError(errors.Reason.STORAGE_UNAVAILABLE, "the disk is full")
APPS = registry_pb.ListInventoryResponse(apps=[InventoryApp()])


def failing_first(answer: Any, times: int = 1) -> Any:
    """A service that is not available so many times before it answers."""
    answers = iter([GONE] * times)
    return lambda _request: next(answers, answer)


async def test_a_read_is_asked_again(stage: Stage) -> None:
    stage.registry.answers["ListInventory"] = failing_first(APPS, times=2)
    assert len((await stage.ask(pb.ListMyAppsRequest())).apps) == 1
    assert len(stage.registry.asked("ListInventory")) == 3


@pytest.mark.parametrize(
    ("request_", "method"),
    [
        (pb.SetDefaultAudienceRequest(audience=Audience(kind=AUDIENCE_KIND_FRIENDS)), "WriteDefaultAudience"),
        (pb.PublishAppsRequest(full={}), "PublishInventory"),
        (pb.RecallPushRequest(push_id="push"), "WithdrawPush"),
    ],
)
async def test_a_write_is_sent_once(stage: Stage, request_: Any, method: str) -> None:
    stage.registry.answers[method] = failing_first(None)
    with pytest.raises(errors.UnavailableError) as failure:
        await stage.ask(request_)
    assert failure.value.reason is errors.Reason.STORAGE_UNAVAILABLE
    assert len(stage.registry.asked(method)) == 1


@pytest.mark.parametrize("method", ["ListInventory", "WriteDefaultAudience"])
async def test_a_service_that_starts_anew_under_a_call(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """A read finds the new process; a write is never sent again, since the old one may have done it."""
    monkeypatch.setattr(server, "_GRACE", 0.0)
    is_read, asked = method == "ListInventory", asyncio.Event()

    async def never(_request: Any) -> Any:
        asked.set()
        await asyncio.Event().wait()

    stage.registry.answers[method] = never
    request: Any = pb.ListMyAppsRequest() if is_read else pb.SetDefaultAudienceRequest()
    call = asyncio.create_task(stage.ask(request))
    await asyncio.wait_for(asked.wait(), 30)
    await stage.stop("share_registry")
    stage.registry.answers[method] = APPS if is_read else registry_pb.WriteDefaultAudienceResponse()
    async with serving(stage.registry, stage.behind["share_registry"]):
        if is_read:
            assert len((await call).apps) == 1
        else:
            with pytest.raises(errors.UnavailableError):
                await call
    assert len(stage.registry.asked(method)) == (2 if is_read else 1)


async def test_the_time_of_a_call_is_not_exceeded(stage: Stage) -> None:
    stage.registry.answers["ListInventory"] = GONE
    list_my_apps = stage._method("ListMyApps", "unary_unary")
    with pytest.raises((errors.DeadlineExceededError, errors.UnavailableError)):
        await GATEWAY.unary(
            list_my_apps, pb.ListMyAppsRequest(), time_limit=0.2, metadata=stage._credentials("ListMyApps")
        )
    assert len(stage.registry.asked("ListInventory")) < 5


async def test_what_is_refused_is_not_asked_again(stage: Stage) -> None:
    stage.registry.answers["ListInventory"] = errors.InvalidArgumentError(errors.Reason.INVALID_PAGE_TOKEN, "not one")
    with pytest.raises(errors.InvalidArgumentError):
        await stage.ask(pb.ListMyAppsRequest())
    assert len(stage.registry.asked("ListInventory")) == 1


def test_what_may_be_asked_again_is_a_read_of_its_service() -> None:
    contracts = (relation_radar_pb2, share_registry_pb2, app_download_pb2)
    services = {
        service.full_name: service
        for contract in contracts
        for service in contract.DESCRIPTOR.services_by_name.values()
    }
    for name, methods in READS.items():
        assert methods <= set(services[name].methods_by_name)
        assert all(
            method.startswith(("Read", "List", "Count", "Find", "BatchFind", "Check", "Match")) for method in methods
        )
        assert not any(services[name].methods_by_name[method].server_streaming for method in methods)
