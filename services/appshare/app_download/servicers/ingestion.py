"""The wire of uploads."""

import re
from collections.abc import AsyncIterator

from appshare.app_download.ingestion import Ingestion
from appshare.app_download.model import AnnouncedFile
from appshare.app_download.wire import LONGEST_NAME, write_package
from appshare.rpc.fields import invalid_field, require_printable, require_text
from appshare.rpc.interceptor import Context
from appshare.v1 import app_download_pb2 as pb
from appshare.v1 import catalogue_pb2

_SHA256 = re.compile(r"[0-9a-f]{64}")


class IngestionServicer:
    """The RPC by which packages come in."""

    def __init__(self, ingestion: Ingestion) -> None:
        self._ingestion = ingestion

    async def Ingest(self, requests: AsyncIterator[pb.IngestRequest], context: Context) -> pb.IngestResponse:
        """Stores a package."""
        first = await anext(requests, None)
        if first is None or first.WhichOneof("part") != "header":
            raise invalid_field("header", "the first message announces the files")
        package, already_present = await self._ingestion.add(_announced(first.header), _content(requests))
        return pb.IngestResponse(package=write_package(package), already_present=already_present)


def _announced(header: catalogue_pb2.UploadHeader) -> AnnouncedFile:
    if len(header.files) != 1:
        raise invalid_field("header.files", "announce one file: a whole package")
    file = header.files[0]
    name = require_printable(require_text(file.name, "header.files[0].name"), "header.files[0].name")
    if len(name.encode()) > LONGEST_NAME or "/" in name or "\\" in name or name in {".", ".."}:
        raise invalid_field("header.files[0].name", f"a file name without folders, at most {LONGEST_NAME} bytes")
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
