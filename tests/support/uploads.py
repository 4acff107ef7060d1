"""Packages on their way into a catalogue, as messages of an upload."""

import hashlib
import io
import zipfile
from collections.abc import AsyncIterator, Mapping

from appshare.v1 import app_download_pb2 as pb
from appshare.v1 import catalogue_pb2, fit_pb2

_CHUNK = 10_000


def announce(files: Mapping[str, bytes], *, device_model: str = "") -> catalogue_pb2.UploadHeader:
    """What an upload says of its files."""
    announced = [
        catalogue_pb2.UploadFile(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
        for name, content in files.items()
    ]
    return catalogue_pb2.UploadHeader(files=announced, device_model=device_model)


async def upload(files: Mapping[str, bytes], *, device_model: str = "") -> AsyncIterator[pb.IngestRequest]:
    """The whole upload of a package: one file, or several."""
    yield pb.IngestRequest(header=announce(files, device_model=device_model))
    for index, content in enumerate(files.values()):
        for offset in range(0, len(content), _CHUNK):
            data = content[offset : offset + _CHUNK]
            yield pb.IngestRequest(chunk=fit_pb2.FileChunk(file_index=index, offset=offset, data=data))


def zipped(entries: Mapping[str, bytes]) -> bytes:
    """An archive, nothing in it compressed."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def unzipped(content: bytes) -> dict[str, bytes]:
    """The entries of an archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
