"""The wire of the number key's rotation."""

from appshare.relation_radar.key_rotation import KeyRotation, KeyRotationProgress
from appshare.rpc.interceptor import Context
from appshare.v1 import number_key_pb2
from appshare.v1 import relation_radar_pb2 as pb


class KeyRotationServicer:
    """Serves the calls of `RelationRadarService` about the number key."""

    def __init__(self, rotation: KeyRotation) -> None:
        self._rotation = rotation

    async def StartNumberKeyRotation(
        self, request: pb.StartNumberKeyRotationRequest, context: Context
    ) -> pb.StartNumberKeyRotationResponse:
        """Starts a rotation, unless one is under way, or was since."""
        progress = await self._rotation.start(request.from_generation)
        return pb.StartNumberKeyRotationResponse(rotation=_write_progress(progress))

    async def ReadNumberKeyRotation(
        self, request: pb.ReadNumberKeyRotationRequest, context: Context
    ) -> pb.ReadNumberKeyRotationResponse:
        """Says how far the rotation is."""
        return pb.ReadNumberKeyRotationResponse(rotation=_write_progress(await self._rotation.progress()))


def _write_progress(progress: KeyRotationProgress) -> number_key_pb2.NumberKeyRotation:
    return number_key_pb2.NumberKeyRotation(
        generation=progress.generation,
        running=progress.running,
        books_done=progress.books_done,
        books_total=progress.books_total,
    )
