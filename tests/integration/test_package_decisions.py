"""The operator decides about packages through the gateway, and phones notice."""

from pathlib import Path

import pytest
from tests.support.cloud import ANDROID_14, GATEWAY, Cloud

from appshare import errors
from appshare.operator.client import OperatorClient
from appshare.operator.decision_model import DeviceCondition, NumberRange, OperatorRow, RowEffect
from appshare.v1 import fit_pb2
from appshare.v1.device_pb2 import PLATFORM_IOS, DeviceProfile
from appshare.v1.operator_gateway_pb2 import ListSignerPinsRequest
from appshare.v1.operator_gateway_pb2_grpc import PackageDecisionServiceStub
from appshare.v1.share_pb2 import AUDIENCE_KIND_FRIENDS

CHAT = "org.appshare.sample.chat"


def operator_of(cloud: Cloud) -> OperatorClient:
    token = (cloud.data / "gateway" / "operator.token").read_text(encoding="utf-8").strip()
    return OperatorClient(str(cloud.operators), token)


async def test_what_the_operator_decides_is_what_friends_get(cloud: Cloud, samples: Path) -> None:
    await cloud.add_packages(samples, "chat-[123]*arm*.apk")
    owner, viewer = await cloud.friends()
    await owner.share(chat=AUDIENCE_KIND_FRIENDS)
    assert (await viewer.download(owner.number, CHAT))[0].fit.version_code == 300
    async with operator_of(cloud) as operator:
        row = OperatorRow(
            row_id="",
            package_name=CHAT,
            position=0,
            effect=RowEffect.DENY,
            version_code=300,
            package_id="",
            devices=DeviceCondition(sdk=NumberRange(34, 34), short_side=NumberRange(1080, 1080)),
        )
        added = await operator.decisions.add_row(row)
        answer, content = await viewer.download(owner.number, CHAT)
        assert answer.fit.version_code == 200
        assert content == (samples / "chat-2.0-arm64-v8a.apk").read_bytes()
        [listed] = await operator.decisions.rows()
        assert (listed.row_id, listed.devices) == (added.row_id, row.devices)
        assert await operator.decisions.set_floor(CHAT, 300) == 2
        answer, content = await viewer.download(owner.number, CHAT)
        assert (content, [reason.kind for reason in answer.no_fit.reasons]) == (
            b"",
            [fit_pb2.NO_FIT_KIND_MIN_VERSION, fit_pb2.NO_FIT_KIND_DENIED],
        )
        await operator.decisions.remove_row(added.row_id)
        assert (await viewer.download(owner.number, CHAT))[0].fit.version_code == 300
        [pin] = await operator.decisions.pins()
        assert (pin.package_name, pin.by_operator) == (CHAT, False)
        _, left_out = await operator.decisions.pin(CHAT, "ab" * 32)
        assert left_out == 3
        reasons = (await viewer.download(owner.number, CHAT))[0].no_fit.reasons
        assert fit_pb2.NO_FIT_KIND_SIGNER_CHANGED in [reason.kind for reason in reasons]
        with pytest.raises(errors.InvalidArgumentError) as refusal:
            await cloud.add_packages(samples, "chat-4*.apk")
        assert refusal.value.reason is errors.Reason.PACKAGE_SIGNER_CHANGED


async def test_only_the_operator_decides(cloud: Cloud) -> None:
    refusals = {cloud.operator_channel: errors.UnauthenticatedError, cloud.channel: errors.UnimplementedError}
    for channel, error in refusals.items():
        with pytest.raises(error):
            await GATEWAY.unary(PackageDecisionServiceStub(channel).ListSignerPins, ListSignerPinsRequest())


async def test_an_iphone_gets_the_link_of_a_shared_app_without_a_package(cloud: Cloud) -> None:
    owner, viewer = await cloud.friends()
    await owner.share(chat=AUDIENCE_KIND_FRIENDS)
    async with operator_of(cloud) as operator:
        await operator.set_app_store_link(CHAT, "https://apps.apple.com/app/id1")
    iphone = DeviceProfile(platform=PLATFORM_IOS, os_version="18.1")
    answer, content = await viewer.download(owner.number, CHAT, iphone)
    assert (answer.app_store_link.url, content) == ("https://apps.apple.com/app/id1", b"")
    assert (await viewer.download(owner.number, CHAT, ANDROID_14))[0].HasField("no_fit")
