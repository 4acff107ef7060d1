"""Operators and signing keys through the operator port of a running gateway."""

from pathlib import Path
from typing import Any

import pytest
from tests.support.cloud import GATEWAY, Cloud, Device, running_cloud

from appshare import errors
from appshare.operator.client import OperatorClient
from appshare.process import secret_file
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import operator_access_pb2 as access_pb
from appshare.v1.operator_access_pb2_grpc import SigningKeyServiceStub


def operator(cloud: Cloud, token: str = "") -> OperatorClient:
    token = token or cloud.operator_metadata[0][1].removeprefix("Bearer ")
    return OperatorClient(str(cloud.operators), token)


async def list_my_apps(device: Device) -> Any:
    return await device.call(device.sharing.ListMyApps, pb.ListMyAppsRequest())


async def refresh(device: Device) -> None:
    request = pb.RefreshSessionRequest(refresh_token=device.session.refresh_token)
    device.session = (await GATEWAY.unary(device.account.RefreshSession, request)).session


class TestOperators:
    async def test_an_operator_works_until_it_is_removed(self, cloud: Cloud) -> None:
        async with operator(cloud) as first:
            added, token = await first.add_operator("night-shift")
            async with operator(cloud, token) as second:
                assert [(each.name, each.is_this_operator) for each in await second.operators()] == [
                    ("bootstrap", False),
                    ("night-shift", True),
                ]
                await first.remove_operator(added.name)
                with pytest.raises(errors.UnauthenticatedError):
                    await second.packages()

    async def test_the_log_says_who_did_what_and_holds_no_token(self, cloud: Cloud) -> None:
        async with operator(cloud) as first:
            _added, token = await first.add_operator("night-shift")
        async with operator(cloud, token) as second:
            await second.packages()
            with pytest.raises(errors.NotFoundError):
                await second.remove_package("unknown")
        lines = [
            (each["event"], each["method"]) for each in cloud.logs.entries if each.get("operator") == "night-shift"
        ]
        assert ("operator_call", "/appshare.v1.CatalogueService/ListPackages") in lines
        assert ("call", "/appshare.v1.CatalogueService/RemovePackage") in lines
        assert token not in str(cloud.logs.entries)

    async def test_a_full_disk_is_told(self, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_arguments: Any) -> None:
            raise OSError("no space left on device")

        monkeypatch.setattr(secret_file, "replace", full)
        async with operator(cloud) as first:
            for change in (first.add_operator("night-shift"), first.rotate_signing_key()):
                with pytest.raises(errors.UnavailableError) as failure:
                    await change
                assert failure.value.reason is errors.Reason.STORAGE_UNAVAILABLE
            assert len(await first.operators()) == len(await first.signing_keys()) == 1


class TestSigningKeys:
    async def test_no_device_notices_a_rotation(self, cloud: Cloud) -> None:
        device = await cloud.register()
        async with operator(cloud) as client:
            [before] = await client.signing_keys()
            after = await client.rotate_signing_key()
            listed = await client.signing_keys()
        assert [each.key_id for each in listed] == [after.key_id, before.key_id]
        assert after.over_time is None
        assert listed[1].over_time is not None
        await list_my_apps(device)
        await refresh(device)
        await list_my_apps(device)

    async def test_tokens_of_withdrawn_keys_are_refused_and_sessions_go_on(self, cloud: Cloud) -> None:
        device = await cloud.register()
        await list_my_apps(device)
        async with operator(cloud) as client:
            await client.rotate_signing_key(withdraw_older=True)
            assert [each.withdrawn for each in await client.signing_keys()] == [False, True]
        with pytest.raises(errors.UnauthenticatedError) as refusal:
            await list_my_apps(device)
        assert refusal.value.reason is errors.Reason.EXPIRED_TOKEN
        await refresh(device)
        await list_my_apps(device)

    async def test_a_repeated_request_makes_one_key(self, cloud: Cloud) -> None:
        rotate = SigningKeyServiceStub(cloud.operator_channel).RotateSigningKey
        request = access_pb.RotateSigningKeyRequest(request_id="one")
        made = {(await rotate(request, metadata=cloud.operator_metadata)).key.key_id for _ in range(3)}
        assert len(made) == 1
        request.request_id = "x" * 65
        with pytest.raises(errors.InvalidArgumentError):
            await GATEWAY.unary(rotate, request, metadata=cloud.operator_metadata)

    async def test_tokens_of_both_keys_survive_a_restart(self, tmp_path: Path) -> None:
        async with running_cloud(tmp_path) as cloud:
            before = await cloud.register()
            async with operator(cloud) as client:
                await client.rotate_signing_key()
            after = await cloud.register()
        async with running_cloud(tmp_path) as cloud:
            for device in (before, after):
                await list_my_apps(Device(device.number, device.session, cloud.channel))
