"""The key of the number digests, as its operator sees it."""

from appshare.gateway.backends import RADAR, Backends
from appshare.rpc.call import remaining_time
from appshare.rpc.interceptor import Context
from appshare.v1 import operator_gateway_pb2 as pb
from appshare.v1 import operator_gateway_pb2_grpc
from appshare.v1 import relation_radar_pb2 as radar_pb


class NumberKeyServicer(operator_gateway_pb2_grpc.NumberKeyServiceServicer):
    """Serves `NumberKeyService`."""

    def __init__(self, backends: Backends) -> None:
        self._radar = backends.radar

    async def RotateNumberKey(self, request: pb.RotateNumberKeyRequest, context: Context) -> pb.RotateNumberKeyResponse:
        """Starts to store every number under a new key."""
        started = await RADAR.unary(
            self._radar.StartNumberKeyRotation,
            radar_pb.StartNumberKeyRotationRequest(from_generation=request.from_generation),
            time_limit=remaining_time(context),
        )
        return pb.RotateNumberKeyResponse(rotation=started.rotation)

    async def GetNumberKeyRotation(
        self, request: pb.GetNumberKeyRotationRequest, context: Context
    ) -> pb.GetNumberKeyRotationResponse:
        """Says how far the rotation is."""
        read = await RADAR.unary(
            self._radar.ReadNumberKeyRotation,
            radar_pb.ReadNumberKeyRotationRequest(),
            time_limit=remaining_time(context),
        )
        return pb.GetNumberKeyRotationResponse(rotation=read.rotation)
