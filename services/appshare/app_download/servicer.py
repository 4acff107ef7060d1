"""The wire of AppDownload: requests become domain calls, results become responses."""

import re
from collections.abc import AsyncIterator, Sequence
from typing import cast
from urllib.parse import urlsplit

from appshare.app_download.adaptation import row_of
from appshare.app_download.catalogue import Catalogue
from appshare.app_download.metrics import DOWNLOADED_BYTES, DOWNLOADS
from appshare.app_download.model import AnnouncedFile, Artifact, Fit, PageKey
from appshare.app_download.wire import read_profile, write_answer, write_package, write_row
from appshare.rpc import paging
from appshare.rpc.fields import invalid_field, require_length, require_printable, require_text
from appshare.rpc.interceptor import Context
from appshare.v1 import app_download_pb2 as pb
from appshare.v1 import app_download_pb2_grpc, catalogue_pb2, fit_pb2

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_NAME = 255


class AppDownloadServicer(app_download_pb2_grpc.AppDownloadServiceServicer):
    """Serves `AppDownloadService`.

    Args:
        chunk_size: bytes of a chunk of a download.
    """

    def __init__(self, catalogue: Catalogue, chunk_size: int) -> None:
        self._catalogue = catalogue
        self._chunk_size = chunk_size

    async def Match(self, request: pb.MatchRequest, context: Context) -> pb.MatchResponse:
        """Says which build of an app fits a device."""
        require_text(request.package_name, "package_name")
        answer = await self._catalogue.match(request.package_name, read_profile(request.profile))
        return pb.MatchResponse(answer=write_answer(answer))

    async def Download(self, request: pb.DownloadRequest, context: Context) -> AsyncIterator[pb.DownloadResponse]:
        """Streams the build that fits a device."""
        require_text(request.package_name, "package_name")
        answer = await self._catalogue.match(request.package_name, read_profile(request.profile))
        artifacts = answer.artifacts if isinstance(answer, Fit) else ()
        offsets = _offsets(request.resume, artifacts)
        yield pb.DownloadResponse(answer=write_answer(answer))
        for index, artifact in enumerate(artifacts):
            async with self._catalogue.open(artifact) as file:
                async for offset, data in file.chunks(offsets.get(artifact.sha256, 0), self._chunk_size):
                    chunk = fit_pb2.FileChunk(file_index=index, offset=offset, data=data)
                    yield pb.DownloadResponse(chunk=chunk)
                    DOWNLOADED_BYTES.inc(len(data))
        if artifacts:
            DOWNLOADS.inc()

    async def Ingest(self, requests: AsyncIterator[pb.IngestRequest], context: Context) -> pb.IngestResponse:
        """Stores a package."""
        first = await anext(requests, None)
        if first is None or first.WhichOneof("part") != "header":
            raise invalid_field("header", "the first message announces the files")
        artifact, already_present = await self._catalogue.add(_announced(first.header), _content(requests))
        return pb.IngestResponse(package=write_package(artifact), already_present=already_present)

    async def ListCatalogue(self, request: pb.ListCatalogueRequest, context: Context) -> pb.ListCatalogueResponse:
        """Lists the packages."""
        page, token = await self._page(request)
        return pb.ListCatalogueResponse(packages=[write_package(each) for each in page], next_page_token=token)

    async def DeleteFromCatalogue(
        self, request: pb.DeleteFromCatalogueRequest, context: Context
    ) -> pb.DeleteFromCatalogueResponse:
        """Removes a package."""
        await self._catalogue.remove(request.package_id)
        return pb.DeleteFromCatalogueResponse()

    async def ListAdaptationRows(
        self, request: pb.ListAdaptationRowsRequest, context: Context
    ) -> pb.ListAdaptationRowsResponse:
        """Lists the adaptation table."""
        page, token = await self._page(request)
        return pb.ListAdaptationRowsResponse(rows=[write_row(row_of(each)) for each in page], next_page_token=token)

    async def WriteAppStoreLink(
        self, request: pb.WriteAppStoreLinkRequest, context: Context
    ) -> pb.WriteAppStoreLinkResponse:
        """Sets or removes an App Store link."""
        require_text(request.package_name, "package_name")
        require_length(request.package_name, "package_name", _LONGEST_NAME)
        if request.url and not _is_https(request.url):
            raise invalid_field("url", "not an https address")
        await self._catalogue.set_app_store_link(request.package_name, request.url)
        return pb.WriteAppStoreLinkResponse()

    async def _page(
        self, request: pb.ListCatalogueRequest | pb.ListAdaptationRowsRequest
    ) -> tuple[Sequence[Artifact], str]:
        after = cast("PageKey | None", paging.decode_token(request.page_token, str, int, str))
        size = paging.page_size(request.page_size)
        found = await self._catalogue.page(request.package_name, after, size + 1)
        page = found[:size]
        return page, paging.encode_token(*_page_key(page[-1])) if len(found) > size else ""


def _announced(header: catalogue_pb2.UploadHeader) -> AnnouncedFile:
    if len(header.files) != 1:
        raise invalid_field("header.files", "announce one file: a whole package")
    file = header.files[0]
    name = require_printable(require_text(file.name, "header.files[0].name"), "header.files[0].name")
    if len(name.encode()) > _LONGEST_NAME or "/" in name or "\\" in name or name in {".", ".."}:
        raise invalid_field("header.files[0].name", f"a file name without folders, at most {_LONGEST_NAME} bytes")
    if not _SHA256.fullmatch(file.sha256):
        raise invalid_field("header.files[0].sha256", "64 lower-case hexadecimal digits")
    return AnnouncedFile(name, file.size, file.sha256)


async def _content(requests: AsyncIterator[pb.IngestRequest]) -> AsyncIterator[bytes]:
    """The bytes of the one file; chunks must follow each other without a gap."""
    position = 0
    async for request in requests:
        chunk = request.chunk
        if request.WhichOneof("part") != "chunk" or chunk.file_index != 0 or chunk.offset != position:
            raise invalid_field("chunk", f"not the bytes from {position} on of the announced file")
        position += len(chunk.data)
        yield chunk.data


def _offsets(resume: Sequence[fit_pb2.FilePosition], artifacts: Sequence[Artifact]) -> dict[str, int]:
    """Where each file starts. A digest that is not of this answer is of another version, and starts nothing."""
    sizes = {artifact.sha256: artifact.size for artifact in artifacts}
    for index, position in enumerate(resume):
        if position.offset > sizes.get(position.sha256, position.offset):
            raise invalid_field(f"resume[{index}].offset", "beyond the end of the file")
    return {position.sha256: position.offset for position in resume}


def _page_key(artifact: Artifact) -> PageKey:
    return artifact.manifest.package_name, artifact.manifest.version_code, artifact.sha256


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname)
