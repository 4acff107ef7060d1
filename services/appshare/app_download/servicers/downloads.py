"""The wire of what fits a device, and of its bytes."""

from collections.abc import AsyncIterator, Sequence

from appshare.app_download.matching import Matching
from appshare.app_download.metrics import DOWNLOADED_BYTES, DOWNLOADS
from appshare.app_download.model import AppStoreLink, Artifact, Fit, NoFit
from appshare.app_download.upstreams.demand import Demand
from appshare.app_download.upstreams.fetches import Fetches
from appshare.app_download.wire import read_modules, read_profile, write_answer
from appshare.rpc.fields import invalid_field, require_text
from appshare.rpc.interceptor import Context
from appshare.v1 import app_download_pb2 as pb
from appshare.v1 import fit_pb2


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

    async def Match(self, request: pb.MatchRequest, context: Context) -> pb.MatchResponse:
        """Says which build of an app fits a device."""
        answer = await self._match(request)
        return pb.MatchResponse(answer=write_answer(answer))

    async def Download(self, request: pb.DownloadRequest, context: Context) -> AsyncIterator[pb.DownloadResponse]:
        """Streams the build that fits a device."""
        answer = await self._match(request)
        artifacts = answer.artifacts if isinstance(answer, Fit) else ()
        offsets = _offsets(request.resume, artifacts)
        if artifacts:
            self._demand.asked_for(request.package_name)
        yield pb.DownloadResponse(answer=write_answer(answer))
        for index, artifact in enumerate(artifacts):
            async with self._files.open(artifact.sha256, artifact.size) as file:
                async for offset, data in file.chunks(offsets.get(artifact.sha256, 0), self._chunk_size):
                    chunk = fit_pb2.FileChunk(file_index=index, offset=offset, data=data)
                    yield pb.DownloadResponse(chunk=chunk)
                    DOWNLOADED_BYTES.inc(len(data))
        if artifacts:
            DOWNLOADS.inc()

    async def _match(self, request: pb.MatchRequest | pb.DownloadRequest) -> Fit | NoFit | AppStoreLink:
        package_name = require_text(request.package_name, "package_name")
        return await self._matching.match(package_name, read_profile(request.profile), read_modules(request.modules))


def _offsets(resume: Sequence[fit_pb2.FilePosition], artifacts: Sequence[Artifact]) -> dict[str, int]:
    """Where each file starts. A digest that is not of this answer is of another version, and starts nothing."""
    sizes = {artifact.sha256: artifact.size for artifact in artifacts}
    for index, position in enumerate(resume):
        if position.offset > sizes.get(position.sha256, position.offset):
            raise invalid_field(f"resume[{index}].offset", "beyond the end of the file")
    return {position.sha256: position.offset for position in resume}
