from tests.unit.gateway.stage import Stage

from appshare.v1 import operator_gateway_pb2 as pb
from appshare.v1 import relation_radar_pb2 as radar_pb
from appshare.v1.number_key_pb2 import NumberKeyRotation

ROTATION = NumberKeyRotation(generation=2, running=True, books_done=3, books_total=9)


async def test_the_operator_rotates_the_number_key(stage: Stage) -> None:
    stage.radar.answers["StartNumberKeyRotation"] = radar_pb.StartNumberKeyRotationResponse(rotation=ROTATION)
    assert (await stage.ask(pb.RotateNumberKeyRequest(from_generation=2))).rotation == ROTATION
    [asked] = stage.radar.asked("StartNumberKeyRotation")
    assert asked.from_generation == 2


async def test_the_operator_sees_how_far_it_is(stage: Stage) -> None:
    stage.radar.answers["ReadNumberKeyRotation"] = radar_pb.ReadNumberKeyRotationResponse(rotation=ROTATION)
    assert (await stage.ask(pb.GetNumberKeyRotationRequest())).rotation == ROTATION
