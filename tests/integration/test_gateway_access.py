"""Who gets in: nobody without the right token, and no operator's method on the devices' port."""

from collections.abc import Iterator
from typing import Any

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import MethodDescriptor
from tests.support.cloud import GATEWAY, Cloud

from appshare import errors
from appshare.gateway.access_tokens import AccessTokens, new_signing_key
from appshare.gateway.operator.catalogue import UNARY_METHODS, UPLOAD_METHODS
from appshare.gateway.operator.storage import STREAM_METHODS
from appshare.process.clock import system_clock
from appshare.rpc import status
from appshare.v1 import app_download_pb2, device_gateway_pb2, operator_gateway_pb2
from appshare.v1 import device_gateway_pb2 as pb

OPEN = {"Register", "VerifyNumber", "RefreshSession"}
DEVICE_METHODS = [
    method for service in device_gateway_pb2.DESCRIPTOR.services_by_name.values() for method in service.methods
]
OPERATOR_METHODS = [
    method for service in operator_gateway_pb2.DESCRIPTOR.services_by_name.values() for method in service.methods
]


def name_of(method: MethodDescriptor) -> str:
    return str(method.name)


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


@pytest.mark.parametrize("method", [each for each in DEVICE_METHODS if each.name not in OPEN], ids=name_of)
async def test_no_device_method_answers_without_a_valid_token(cloud: Cloud, method: MethodDescriptor) -> None:
    foreign = AccessTokens(new_signing_key(), 60, system_clock).issue("some-device").token
    for metadata, reason in (
        ((), errors.Reason.MISSING_TOKEN),
        ((("authorization", "Basic dXNlcg=="),), errors.Reason.MISSING_TOKEN),
        (bearer(""), errors.Reason.MISSING_TOKEN),
        (bearer("nonsense"), errors.Reason.INVALID_TOKEN),
        (bearer(foreign), errors.Reason.INVALID_TOKEN),
        (cloud.operator_metadata, errors.Reason.INVALID_TOKEN),
    ):
        refusal = await refusal_of(cloud.channel, method, metadata)
        assert isinstance(refusal, errors.UnauthenticatedError)
        assert refusal.reason is reason


@pytest.mark.parametrize("method", OPERATOR_METHODS, ids=name_of)
async def test_no_operator_method_answers_a_device(cloud: Cloud, method: MethodDescriptor) -> None:
    device = await cloud.register()
    for metadata, reason in (
        ((), errors.Reason.MISSING_TOKEN),
        (device.metadata, errors.Reason.INVALID_TOKEN),
    ):
        refusal = await refusal_of(cloud.operator_channel, method, metadata)
        assert isinstance(refusal, errors.UnauthenticatedError)
        assert refusal.reason is reason


@pytest.mark.parametrize("method", OPERATOR_METHODS, ids=name_of)
async def test_no_operator_method_is_on_the_port_for_devices(cloud: Cloud, method: MethodDescriptor) -> None:
    path = f"/{method.containing_service.full_name}/{method.name}"
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await cloud.channel.unary_unary(path)(b"", metadata=cloud.operator_metadata)
    assert refusal.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_token_without_the_signature_of_the_cloud_is_refused() -> None:
    tokens = AccessTokens(new_signing_key(), 60, system_clock)
    claims = {"iss": "appshare", "sub": "device", "exp": 2**40}
    forged = [
        jwt.encode(claims, Ed25519PrivateKey.generate(), algorithm="EdDSA"),
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(claims, "a shared secret, long enough for its hash", algorithm="HS256"),
        tokens.issue("device").token[:-8],
    ]
    for token in forged:
        with pytest.raises(errors.UnauthenticatedError) as refusal:
            tokens.device_id(token)
        assert refusal.value.reason is errors.Reason.INVALID_TOKEN


def test_a_token_expires() -> None:
    times: Iterator[float] = iter([1000.0, 1059.0, 1061.0])
    tokens = AccessTokens(new_signing_key(), 60, lambda: next(times))
    token = tokens.issue("device").token
    assert tokens.device_id(token) == "device"
    with pytest.raises(errors.UnauthenticatedError) as refusal:
        tokens.device_id(token)
    assert refusal.value.reason is errors.Reason.EXPIRED_TOKEN


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


@pytest.mark.parametrize(("name", "target"), (UNARY_METHODS | UPLOAD_METHODS).items())
def test_what_is_passed_on_as_bytes_is_the_same_message(name: str, target: str) -> None:
    ours = operator_gateway_pb2.DESCRIPTOR.services_by_name["CatalogueService"].methods_by_name[name]
    theirs = app_download_pb2.DESCRIPTOR.services_by_name["AppDownloadService"].methods_by_name[target]
    assert fields_of(ours.input_type) == fields_of(theirs.input_type)
    assert fields_of(ours.output_type) == fields_of(theirs.output_type)


@pytest.mark.parametrize(("name", "target"), STREAM_METHODS.items())
def test_the_care_for_the_storage_is_passed_on_as_the_same_messages(name: str, target: str) -> None:
    ours = operator_gateway_pb2.DESCRIPTOR.services_by_name["StorageService"].methods_by_name[name]
    theirs = app_download_pb2.DESCRIPTOR.services_by_name["AppDownloadService"].methods_by_name[target]
    assert fields_of(ours.input_type) == fields_of(theirs.input_type)
    assert fields_of(ours.output_type) == fields_of(theirs.output_type)


def test_a_download_is_passed_on_as_the_same_message() -> None:
    services = app_download_pb2.DESCRIPTOR.services_by_name["AppDownloadService"].methods_by_name
    devices = device_gateway_pb2.DESCRIPTOR.services_by_name["DownloadService"].methods_by_name
    assert fields_of(devices["DownloadApp"].output_type) == fields_of(services["Download"].output_type)
    assert fields_of(devices["MatchApp"].output_type) == fields_of(services["Match"].output_type)


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
