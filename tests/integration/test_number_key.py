"""The number key as its operator sees it, through the gateway."""

from tests.support.cloud import GATEWAY, Cloud, person

from appshare.v1 import operator_gateway_pb2 as pb
from appshare.v1.number_key_pb2 import NumberKeyRotation
from appshare.v1.operator_gateway_pb2_grpc import NumberKeyServiceStub
from appshare.v1.share_pb2 import AUDIENCE_KIND_FRIENDS


async def rotation_of(cloud: Cloud) -> NumberKeyRotation:
    stub = NumberKeyServiceStub(cloud.operator_channel)
    request = pb.GetNumberKeyRotationRequest()
    read = await GATEWAY.unary(stub.GetNumberKeyRotation, request, metadata=cloud.operator_metadata)
    return read.rotation


async def test_friends_stay_friends_under_another_key(cloud: Cloud) -> None:
    owner, viewer = await cloud.friends()
    await owner.share(chat=AUDIENCE_KIND_FRIENDS)
    assert (await rotation_of(cloud)).generation == 1
    stub = NumberKeyServiceStub(cloud.operator_channel)
    await GATEWAY.unary(stub.RotateNumberKey, pb.RotateNumberKeyRequest(), metadata=cloud.operator_metadata)
    while (await rotation_of(cloud)).running:
        assert await viewer.shares_of(person(owner.number)) == ["chat"]
    assert (await rotation_of(cloud)).generation == 2
    assert await viewer.shares_of(person(owner.number)) == ["chat"]
