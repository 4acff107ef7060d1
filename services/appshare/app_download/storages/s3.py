"""Package files in a bucket that speaks S3, as objects `ab/abcd…` under a prefix, each named by its digest."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from appshare import errors
from appshare.app_download.file_storage import StoredEntry, corrupt

_PART_SIZE = 8 << 20
_PARTS_AT_ONCE = 2
"""What an upload holds in memory: so many parts of so many bytes."""

_PATIENCE = timedelta(seconds=20)
"""How long a request is tried again; a caller of ours is not kept waiting for longer."""

_FRUITLESS_READS = 3
"""How often in a row a reading that brings nothing is begun again: a bucket hangs up on those who read slowly."""


class S3Storage:
    """A `FileStorage` on a bucket.

    Args:
        url: `s3://bucket/prefix`; region, credentials and endpoint are taken from the environment (`AWS_*`).
    """

    def __init__(self, url: str) -> None:
        self._store = S3Store.from_url(url, retry_config={"max_retries": 5, "retry_timeout": _PATIENCE})

    async def keep(self, path: Path, sha256: str) -> None:
        """Uploads a file, in parts when it is large; the object is there when the last part is, and whole."""
        with _translated():
            await obstore.put_async(
                self._store, _key(sha256), path, chunk_size=_PART_SIZE, max_concurrency=_PARTS_AT_ONCE
            )

    async def remove(self, sha256: str) -> None:
        """Removes an object."""
        with _translated():
            await obstore.delete_async(self._store, _key(sha256))

    @asynccontextmanager
    async def open(self, sha256: str, size: int) -> AsyncIterator["S3File"]:
        """Opens a file for reading."""
        try:
            with _translated():
                found = await obstore.head_async(self._store, _key(sha256))
        except FileNotFoundError:
            raise corrupt() from None
        if found["size"] != size:
            raise corrupt()
        yield S3File(self._store, _key(sha256))

    async def entries(self) -> AsyncIterator[StoredEntry]:
        """All files, in no order."""
        with _translated():
            async for batch in obstore.list(self._store):
                for each in batch:
                    yield StoredEntry(each["path"].rpartition("/")[2], each["size"])


class S3File:
    """A `StoredFile` in a bucket: one request brings the bytes, as far as they are asked for."""

    def __init__(self, store: S3Store, key: str) -> None:
        self._store = store
        self._key = key

    async def chunks(self, start: int, end: int, chunk_size: int) -> AsyncIterator[memoryview]:
        """The bytes from `start` to before `end`."""
        fruitless = 0
        while start < end:
            before = start
            try:
                with _translated():
                    async for chunk in self._read(start, end, chunk_size):
                        yield chunk
                        start += len(chunk)
            except FileNotFoundError:
                raise corrupt() from None
            except errors.UnavailableError:
                fruitless = 0 if start > before else fruitless + 1
                if fruitless == _FRUITLESS_READS:
                    raise
            else:
                if start < end:
                    raise corrupt()

    async def _read(self, start: int, end: int, chunk_size: int) -> AsyncIterator[memoryview]:
        """Reads by one request; the network's pieces are put together and cut anew."""
        result = await obstore.get_async(self._store, self._key, options={"range": (start, end)})
        pending = bytearray()
        async for piece in result.stream(min_chunk_size=chunk_size):
            pending += memoryview(piece)
            while len(pending) >= chunk_size:
                yield memoryview(bytes(pending[:chunk_size]))
                del pending[:chunk_size]
        if pending:
            yield memoryview(bytes(pending))


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


@contextmanager
def _translated() -> Iterator[None]:
    """Raises what a bucket answers as a typed error, without names; that there is no such object is raised as it is."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        raise errors.UnavailableError(
            errors.Reason.STORAGE_UNAVAILABLE,
            f"the bucket of packages cannot be used ({type(error).__name__}); nothing was changed",
        ) from error
