"""Who gets in: nobody without the right token, and no operator's method on the devices' port.


That a removed device's token is refused by every method is in the table of `access`.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import MethodDescriptor
from tests.support.cloud import GATEWAY, Cloud, running_cloud
from tests.support.tokens import new_tokens

from appshare import errors
from appshare.gateway.access_tokens import Caller
from appshare.gateway.operator.catalogue import UNARY_METHODS, UPLOAD_METHODS
from appshare.gateway.operator.package_decisions import METHODS as DECISION_METHODS
from appshare.gateway.operator.storage import STREAM_METHODS
from appshare.process.clock import system_clock
from appshare.rpc import status
from appshare.v1 import app_download_pb2, device_gateway_pb2, operator_access_pb2, operator_gateway_pb2
from appshare.v1 import app_download_pb2 as download_pb
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import relation_radar_pb2 as radar_pb
from appshare.v1 import share_registry_pb2 as registry_pb

OPEN = {"Register", "VerifyNumber", "RefreshSession"}
DEVICE_METHODS = [
    method for service in device_gateway_pb2.DESCRIPTOR.services_by_name.values() for method in service.methods
]
CLOSED_METHODS = [method for method in DEVICE_METHODS if method.name not in OPEN]
OPERATOR_METHODS = [
    method
    for contract in (operator_gateway_pb2, operator_access_pb2)
    for service in contract.DESCRIPTOR.services_by_name.values()
    for method in service.methods
]


async def refusal_of(channel: grpc.aio.Channel, method: MethodDescriptor, metadata: Any = ()) -> errors.AppShareError:
    """What a call with an empty request is refused with."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    proto = descriptor_pb2.MethodDescriptorProto()
    method.CopyToProto(proto)
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        if proto.server_streaming:
            await channel.unary_stream(path)(b"", metadata=metadata).read()
        elif proto.client_streaming:
            await channel.stream_unary(path)(iter([b""]), metadata=metadata)
        else:
            await channel.unary_unary(path)(b"", metadata=metadata)
    return status.from_rpc_error(refusal.value, "the gateway")


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),)


@pytest.fixture
async def patient_cloud(tmp_path: Path) -> AsyncIterator[Cloud]:
    """A cloud in which a network address may be refused as often as it likes."""
    async with running_cloud(tmp_path, gateway={"open_calls_per_peer": 0, "operator_failures_per_peer": 0}) as running:
        yield running


async def test_no_device_method_answers_without_a_valid_token(patient_cloud: Cloud, tmp_path: Path) -> None:
    cloud = patient_cloud
    device = await cloud.register()
    caller = Caller(device.session.device_id)
    expired = new_tokens(cloud.data / "gateway", clock=lambda: system_clock() - 61).issue(caller).token
    foreign = new_tokens(tmp_path / "foreign").issue(caller).token
    for metadata, reason in (
        ((), errors.Reason.MISSING_TOKEN),
        ((("authorization", "Basic dXNlcg=="),), errors.Reason.MISSING_TOKEN),
        (bearer(""), errors.Reason.MISSING_TOKEN),
        (bearer("nonsense"), errors.Reason.INVALID_TOKEN),
        (bearer(device.session.refresh_token), errors.Reason.INVALID_TOKEN),
        (bearer(foreign), errors.Reason.INVALID_TOKEN),
        (cloud.operator_metadata, errors.Reason.INVALID_TOKEN),
        (bearer(expired), errors.Reason.EXPIRED_TOKEN),
    ):
        for method in CLOSED_METHODS:
            refusal = await refusal_of(cloud.channel, method, metadata)
            assert (type(refusal), refusal.reason) == (errors.UnauthenticatedError, reason), method.name


async def test_no_operator_method_answers_a_device(patient_cloud: Cloud) -> None:
    device = await patient_cloud.register()
    for metadata, reason in (
        ((), errors.Reason.MISSING_TOKEN),
        (device.metadata, errors.Reason.INVALID_TOKEN),
    ):
        for method in OPERATOR_METHODS:
            refusal = await refusal_of(patient_cloud.operator_channel, method, metadata)
            assert (type(refusal), refusal.reason) == (errors.UnauthenticatedError, reason), method.name


async def test_no_operator_method_is_on_the_port_for_devices(cloud: Cloud) -> None:
    for method in OPERATOR_METHODS:
        path = f"/{method.containing_service.full_name}/{method.name}"
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await cloud.channel.unary_unary(path)(b"", metadata=cloud.operator_metadata)
        assert refusal.value.code() is grpc.StatusCode.UNIMPLEMENTED, method.name


async def test_a_session_is_refreshed_and_a_copied_refresh_token_ends_it(cloud: Cloud) -> None:
    device = await cloud.register()

    async def refresh(token: str) -> pb.Session:
        request = pb.RefreshSessionRequest(refresh_token=token)
        response = await GATEWAY.unary(device.account.RefreshSession, request)
        return response.session

    first = device.session.refresh_token
    second = (await refresh(first)).refresh_token
    third = await refresh(second)
    device.session = third
    await device.sync(device.number)
    for token in (first, third.refresh_token):
        with pytest.raises(errors.UnauthenticatedError) as refusal:
            await refresh(token)
        assert refusal.value.reason is errors.Reason.INVALID_REFRESH_TOKEN


async def test_health_and_reflection_need_no_token(cloud: Cloud) -> None:
    for channel in (cloud.channel, cloud.operator_channel):
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        assert await check(b"") == b"\x08\x01"  # SERVING


@pytest.mark.parametrize(
    ("service", "name", "target"),
    [
        *(("CatalogueService", *pair) for pair in (UNARY_METHODS | UPLOAD_METHODS).items()),
        *(("PackageDecisionService", *pair) for pair in DECISION_METHODS.items()),
    ],
)
def test_what_is_passed_on_as_bytes_is_the_same_message(service: str, name: str, target: str) -> None:
    ours = operator_gateway_pb2.DESCRIPTOR.services_by_name[service].methods_by_name[name]
    theirs = app_download_pb2.DESCRIPTOR.services_by_name["AppDownloadService"].methods_by_name[target]
    assert fields_of(ours.input_type) == fields_of(theirs.input_type)
    assert fields_of(ours.output_type) == fields_of(theirs.output_type)


def test_every_decision_is_passed_on() -> None:
    methods = operator_gateway_pb2.DESCRIPTOR.services_by_name["PackageDecisionService"].methods_by_name
    assert set(DECISION_METHODS) == set(methods)


@pytest.mark.parametrize(("name", "target"), STREAM_METHODS.items())
def test_the_care_for_the_storage_is_passed_on_as_the_same_messages(name: str, target: str) -> None:
    ours = operator_gateway_pb2.DESCRIPTOR.services_by_name["StorageService"].methods_by_name[name]
    theirs = app_download_pb2.DESCRIPTOR.services_by_name["AppDownloadService"].methods_by_name[target]
    assert fields_of(ours.input_type) == fields_of(theirs.input_type)
    assert fields_of(ours.output_type) == fields_of(theirs.output_type)


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("DownloadService.DownloadApp", download_pb.DownloadResponse),
        ("DownloadService.MatchApp", download_pb.MatchResponse),
        ("SharingService.ListShares", registry_pb.ListVisibleSharesResponse),
        ("FriendService.ListFriends", radar_pb.ListFriendshipsResponse),
    ],
)
def test_answers_that_are_passed_on_as_bytes_are_the_same_messages(method: str, answer: Any) -> None:
    service, _, name = method.partition(".")
    ours = device_gateway_pb2.DESCRIPTOR.services_by_name[service].methods_by_name[name]
    assert fields_of(ours.output_type) == fields_of(answer.DESCRIPTOR)


def fields_of(message: Any) -> dict[int, tuple[str, int, Any, bool, str | None]]:
    return {
        field.number: (
            field.name,
            field.type,
            field.message_type and field.message_type.full_name,
            field.is_repeated,
            field.containing_oneof and field.containing_oneof.name,
        )
        for field in message.fields
    }
