"""How often devices, addresses and operators may call, and how the services behind the gateway are reported."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import jwt
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tests.support.cloud import GATEWAY, Cloud, Device, new_number, running_cloud

from appshare import errors
from appshare.gateway.rate_limits import COSTLY
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import device_gateway_pb2_grpc
from appshare.v1 import operator_gateway_pb2 as operator_pb
from appshare.v1.operator_gateway_pb2_grpc import SystemServiceStub

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@asynccontextmanager
async def limited(data: Path, **gateway: int) -> AsyncIterator[Cloud]:
    async with running_cloud(data, gateway=gateway) as cloud:
        yield cloud


async def list_my_apps(device: Device) -> Any:
    return await device.call(device.sharing.ListMyApps, pb.ListMyAppsRequest())


async def too_much(call: Any) -> errors.ResourceExhaustedError:
    with pytest.raises(errors.ResourceExhaustedError) as refusal:
        await call
    assert refusal.value.reason is errors.Reason.LIMIT_EXCEEDED
    assert refusal.value.retry_after is not None
    return refusal.value


async def test_a_device_that_calls_too_often_waits_and_others_do_not(tmp_path: Path) -> None:
    async with limited(tmp_path, calls_per_device=3) as cloud:
        eager, calm = await cloud.register(), await cloud.register()
        for _ in range(3):
            await list_my_apps(eager)
        refused = await too_much(list_my_apps(eager))
        assert refused.retry_after is not None
        assert 0 < refused.retry_after.total_seconds() <= 20
        await list_my_apps(calm)


async def test_all_devices_of_a_number_share_its_limit_and_others_do_not(tmp_path: Path) -> None:
    async with limited(tmp_path, calls_per_number=3) as cloud:
        phone, other = await cloud.register(), await cloud.register()
        tablet = await cloud.register(phone.number)
        for device in (phone, tablet, phone):
            await list_my_apps(device)
        for device in (phone, tablet):
            await too_much(list_my_apps(device))
        await list_my_apps(other)


async def test_the_limit_of_a_number_outlives_a_refreshed_session(tmp_path: Path) -> None:
    async with limited(tmp_path, costly_calls_per_number=1) as cloud:
        device = await cloud.register()
        await device.sync(new_number())
        request = pb.RefreshSessionRequest(refresh_token=device.session.refresh_token)
        device.session = (await GATEWAY.unary(device.account.RefreshSession, request)).session
        await too_much(device.sync(new_number()))
        await list_my_apps(device)


async def test_the_operator_sees_the_settings_in_force_and_what_they_refused(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, gateway={"calls_per_device": 3}, codes_per_hour=1) as cloud:
        before = await settings_of(cloud)
        device = await cloud.register()
        with pytest.raises(errors.ResourceExhaustedError):
            await cloud.register(device.number)
        for _ in range(3):
            await list_my_apps(device)
        for _ in range(2):
            await too_much(list_my_apps(device))
        after = await settings_of(cloud)
        await cloud.stop("share_registry")
        assert await settings_of(cloud) == {**after, "share-registry": None}
    assert list(after) == ["gateway", "relation-radar", "share-registry", "app-download"]
    in_force = {each.name: each for each in after["gateway"].settings}
    assert (in_force["calls_per_device"].variable, in_force["calls_per_device"].value) == (
        "APPSHARE_CALLS_PER_DEVICE",
        "3",
    )
    assert in_force["calls_per_device"].default_value == "600"
    # A refusal counts where it is made. (Here all processes are one, which has refused in other tests before.)
    counts = [{each.limit: each.count for each in asked["relation-radar"].refusals} for asked in (before, after)]
    assert [counts[1][name] - counts[0].get(name, 0) for name in ("calls_per_device", "codes_per_hour")] == [2, 1]


async def settings_of(cloud: Cloud) -> dict[str, Any]:
    """By the name of the process; None: it does not answer."""
    ask = SystemServiceStub(cloud.operator_channel).GetSystemSettings
    answer = await GATEWAY.unary(ask, operator_pb.GetSystemSettingsRequest(), metadata=cloud.operator_metadata)
    return {each.name: each.settings if each.HasField("settings") else None for each in answer.services}


async def test_a_token_tells_nothing_of_the_number(cloud: Cloud) -> None:
    phone = await cloud.register()
    claims = jwt.decode(phone.session.access_token, options={"verify_signature": False})
    assert claims.keys() == {"iss", "sub", "num", "exp"}
    assert len(claims["num"]) == 16
    assert phone.number.removeprefix("+") not in str(claims)


async def test_what_costs_more_has_its_own_limit(tmp_path: Path) -> None:
    async with limited(tmp_path, costly_calls_per_device=2) as cloud:
        device = await cloud.register()
        for _ in range(2):
            await device.sync(new_number())
        await too_much(device.sync(new_number()))
        await list_my_apps(device)


async def test_a_device_has_so_many_streams_at_once(tmp_path: Path) -> None:
    async with limited(tmp_path, streams_per_device=2) as cloud:
        device = await cloud.register()
        streams = [
            GATEWAY.stream(device.inbox.Subscribe, pb.SubscribeRequest(), metadata=device.metadata) for _ in range(3)
        ]
        for stream in streams[:2]:
            await anext(stream)
        await too_much(anext(streams[2]))
        for stream in streams:
            await stream.aclose()
        await until_allowed(device)


async def until_allowed(device: Device) -> None:
    """The gateway hears of a stream's end a moment after it."""
    for _attempt in range(100_000):
        try:
            await list_my_apps(device)
        except errors.ResourceExhaustedError:
            continue
        else:
            return
    raise AssertionError("the ended streams still count")


async def test_calls_without_a_token_count_for_the_address(tmp_path: Path) -> None:
    async with limited(tmp_path, open_calls_per_peer=4) as cloud:
        device = await cloud.register()  # two calls
        account = device_gateway_pb2_grpc.AccountServiceStub(cloud.channel)
        await GATEWAY.unary(account.Register, pb.RegisterRequest(number=new_number()))
        stranger = Device("", pb.Session(), cloud.channel)
        with pytest.raises(errors.UnauthenticatedError):
            await list_my_apps(stranger)
        await too_much(list_my_apps(stranger))
        await too_much(GATEWAY.unary(account.Register, pb.RegisterRequest(number=new_number())))
        await list_my_apps(device)


async def test_everything_from_an_address_counts_for_it(tmp_path: Path) -> None:
    async with limited(tmp_path, calls_per_peer=4) as cloud:
        device = await cloud.register()
        for _ in range(2):
            await list_my_apps(device)
        await too_much(list_my_apps(device))
        check = health_pb2_grpc.HealthStub(cloud.channel).Check
        assert (await check(health_pb2.HealthCheckRequest())).status == SERVING


async def test_no_limit_is_no_limit(tmp_path: Path) -> None:
    names = (
        "calls_per_device",
        "costly_calls_per_device",
        "streams_per_device",
        "calls_per_number",
        "costly_calls_per_number",
        "calls_per_peer",
        "open_calls_per_peer",
    )
    async with limited(tmp_path, **dict.fromkeys(names, 0)) as cloud:
        device = await cloud.register()
        for _ in range(5):
            await list_my_apps(device)


async def test_an_address_that_guesses_the_operator_token_is_shut_out(tmp_path: Path) -> None:
    async with limited(tmp_path, operator_failures_per_peer=2) as cloud:

        async def list_packages(token: str) -> Any:
            metadata, request = [("authorization", f"Bearer {token}")], operator_pb.ListPackagesRequest()
            return await GATEWAY.unary(cloud.catalogue.ListPackages, request, metadata=metadata)

        right = cloud.operator_metadata[0][1].removeprefix("Bearer ")
        for _ in range(5):
            await list_packages(right)
        for _ in range(2):
            with pytest.raises(errors.UnauthenticatedError):
                await list_packages("guessed")
        await too_much(list_packages("guessed"))
        await too_much(list_packages(right))


def test_what_costs_more_is_there() -> None:
    for name in COSTLY:
        service, _, method = name.lstrip("/").partition("/")
        described = next(each for each in pb.DESCRIPTOR.services_by_name.values() if each.full_name == service)
        assert method in described.methods_by_name


class TestReadiness:
    async def test_each_service_and_all_together_are_reported_to_operators(self, cloud: Cloud) -> None:
        for name in ("RelationRadarService", "ShareRegistryService", "AppDownloadService"):
            await until(cloud, f"appshare.v1.{name}", SERVING)
        await until(cloud, "readiness", SERVING)

    async def test_a_service_that_goes_takes_readiness_with_it_and_the_gateway_still_serves(self, cloud: Cloud) -> None:
        await until(cloud, "readiness", SERVING)
        await cloud.stop("share_registry")
        await until(cloud, "readiness", NOT_SERVING)
        await until(cloud, "appshare.v1.ShareRegistryService", NOT_SERVING)
        await until(cloud, "appshare.v1.RelationRadarService", SERVING)
        await until(cloud, "", SERVING)


async def until(cloud: Cloud, service: str, status: int) -> None:
    watch = health_pb2_grpc.HealthStub(cloud.operator_channel).Watch(health_pb2.HealthCheckRequest(service=service))
    async for response in watch:
        if response.status == status:
            break
    watch.cancel()
