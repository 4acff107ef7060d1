"""The wire of what fits a device, and of its bytes."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import grpc

from appshare.app_download.matching import Matching
from appshare.app_download.metrics import DOWNLOADED_BYTES, DOWNLOADS
from appshare.app_download.model import AppStoreLink, Artifact, Fit, NoFit
from appshare.app_download.upstreams.demand import Demand
from appshare.app_download.upstreams.fetches import Fetches
from appshare.app_download.wire import encode_chunk, read_modules, read_profile, write_answer
from appshare.rpc.fields import invalid_field, require_text
from appshare.rpc.interceptor import Context
from appshare.v1 import app_download_pb2 as pb
from appshare.v1 import fit_pb2

_SERVICE = "appshare.v1.AppDownloadService"


class DownloadServicer:
    """The RPCs by which a device gets an app.

    Args:
        chunk_size: bytes of a chunk of a download.
    """

    def __init__(self, matching: Matching, files: Fetches, demand: Demand, chunk_size: int) -> None:
        self._matching = matching
        self._files = files
        self._demand = demand
        self._chunk_size = chunk_size

    def put_download_into(self, server: grpc.aio.Server) -> None:
        """Takes the place of the generated handler of `Download`: the messages are bytes already."""
        handler: Any = grpc.unary_stream_rpc_method_handler(self.Download, pb.DownloadRequest.FromString)
        server.add_registered_method_handlers(_SERVICE, {"Download": handler})

    async def Match(self, request: pb.MatchRequest, context: Context) -> pb.MatchResponse:
        """Says which build of an app fits a device."""
        answer = await self._match(request)
        return pb.MatchResponse(answer=write_answer(answer))

    async def Download(self, request: pb.DownloadRequest, context: Context) -> AsyncIterator[Any]:
        """Streams the build that fits a device, each message as the bytes of a `DownloadResponse`."""
        answer = await self._match(request)
        artifacts = answer.artifacts if isinstance(answer, Fit) else ()
        pieces = _pieces(request, artifacts)
        if artifacts:
            self._demand.asked_for(request.package_name, (artifact.sha256 for artifact in artifacts))
        async with self._files.held([piece.artifact.sha256 for piece in pieces]):
            yield pb.DownloadResponse(answer=write_answer(answer)).SerializeToString()
            for piece in pieces:
                artifact, offset = piece.artifact, piece.start
                async with self._files.open(artifact.sha256, artifact.size) as file:
                    async for data in file.chunks(piece.start, piece.end, self._chunk_size):
                        yield encode_chunk(piece.file_index, offset, data)
                        offset += len(data)
                        DOWNLOADED_BYTES.inc(len(data))
        if artifacts:
            DOWNLOADS.inc()

    async def _match(self, request: pb.MatchRequest | pb.DownloadRequest) -> Fit | NoFit | AppStoreLink:
        package_name = require_text(request.package_name, "package_name")
        return await self._matching.match(package_name, read_profile(request.profile), read_modules(request.modules))


@dataclass(frozen=True, slots=True)
class _Piece:
    """The bytes of a file that a caller wants: from `start` to before `end`."""

    file_index: int
    artifact: Artifact
    start: int
    end: int


def _pieces(request: pb.DownloadRequest, artifacts: Sequence[Artifact]) -> list[_Piece]:
    """What a request asks for. A digest that is not of this answer is of another version, and starts nothing."""
    if request.HasField("only"):
        if request.resume:
            raise invalid_field("resume", "either go on with the files, or ask for a range of one of them")
        return _range(request.only, artifacts)
    offsets = _offsets(request.resume, artifacts)
    starts = ((index, each, offsets.get(each.sha256, 0)) for index, each in enumerate(artifacts))
    return [_Piece(index, each, start, each.size) for index, each, start in starts if start < each.size]


def _range(wanted: fit_pb2.FileRange, artifacts: Sequence[Artifact]) -> list[_Piece]:
    require_text(wanted.sha256, "only.sha256")
    for index, artifact in enumerate(artifacts):
        if artifact.sha256 == wanted.sha256:
            end = wanted.offset + wanted.length if wanted.length else artifact.size
            if max(wanted.offset, end) > artifact.size:
                raise invalid_field("only", "beyond the end of the file")
            return [_Piece(index, artifact, wanted.offset, end)]
    return []


def _offsets(resume: Sequence[fit_pb2.FilePosition], artifacts: Sequence[Artifact]) -> dict[str, int]:
    """Where each file starts."""
    sizes = {artifact.sha256: artifact.size for artifact in artifacts}
    for index, position in enumerate(resume):
        if position.offset > sizes.get(position.sha256, position.offset):
            raise invalid_field(f"resume[{index}].offset", "beyond the end of the file")
    return {position.sha256: position.offset for position in resume}
