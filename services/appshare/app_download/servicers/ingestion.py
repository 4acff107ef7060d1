"""The wire of uploads."""

import re
from collections.abc import AsyncIterator

from appshare.app_download.ingestion import Ingestion
from appshare.app_download.model import AnnouncedFile, AnnouncedPackage
from appshare.app_download.wire import LONGEST_NAME, write_package
from appshare.rpc.fields import invalid_field, require_length, require_printable, require_text
from appshare.rpc.interceptor import Context
from appshare.v1 import app_download_pb2 as pb
from appshare.v1 import catalogue_pb2

_MOST_FILES = 200
"""Splits of one package; a phone has some dozens."""
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
        announced = _announced(first.header)
        package, already_present = await self._ingestion.add(announced, _content(requests, len(announced.files)))
        return pb.IngestResponse(package=write_package(package), already_present=already_present)


def _announced(header: catalogue_pb2.UploadHeader) -> AnnouncedPackage:
    if not header.files:
        raise invalid_field("header.files", "announce a whole package, or the splits of one")
    if len(header.files) > _MOST_FILES:
        raise invalid_field("header.files", f"more than {_MOST_FILES}")
    files = tuple(_file(file, f"header.files[{index}]") for index, file in enumerate(header.files))
    if len({file.name.casefold() for file in files}) < len(files):
        raise invalid_field("header.files", "two of them have one name; devices put them into one folder")
    require_printable(header.device_model, "header.device_model")
    require_length(header.device_model, "header.device_model", LONGEST_NAME)
    return AnnouncedPackage(files, header.device_model)


def _file(file: catalogue_pb2.UploadFile, field: str) -> AnnouncedFile:
    name = require_printable(require_text(file.name, f"{field}.name"), f"{field}.name")
    if len(name.encode()) > LONGEST_NAME or "/" in name or "\\" in name or name in {".", ".."}:
        raise invalid_field(f"{field}.name", f"a file name without folders, at most {LONGEST_NAME} bytes")
    if not _SHA256.fullmatch(file.sha256):
        raise invalid_field(f"{field}.sha256", "64 lower-case hexadecimal digits")
    return AnnouncedFile(name, file.size, file.sha256)


async def _content(requests: AsyncIterator[pb.IngestRequest], files: int) -> AsyncIterator[tuple[int, bytes]]:
    """The bytes of the files, one after the other; the chunks of each follow each other without a gap."""
    index = position = 0
    async for request in requests:
        chunk = request.chunk
        if index < chunk.file_index < files:
            index, position = chunk.file_index, 0
        if request.WhichOneof("part") != "chunk" or (chunk.file_index, chunk.offset) != (index, position):
            raise invalid_field(
                "chunk", f"not the bytes from {position} on of file {index}, nor the first of a later one"
            )
        position += len(chunk.data)
        yield index, chunk.data
