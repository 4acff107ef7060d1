"""Fetches files of upstreams by HTTP: with limits on size and time, from the next mirror where one fails.

What is sent says nothing of anybody: no cookie, no account, the same User-Agent from every cloud.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx
import structlog

from appshare.app_download.upstreams.addresses import redirected

USER_AGENT = "AppShare"

_CONNECT_LIMIT = 10.0
SILENCE_LIMIT = 20.0
"""Seconds in which an upstream has to send something."""
_LEAST_RATE = 16 * 1024
"""Bytes a second: an upstream that is slower, over the whole file, is given up."""
_LEAST_TIME = 60.0
"""Seconds that any file may take."""
_REDIRECTIONS = 5
_ROUNDS = 3
"""How often every address is tried without a byte of progress."""
PAUSE = 0.5
"""Seconds before another round, doubled each time."""

_log = structlog.get_logger(__name__)


class WebTrouble(Exception):  # noqa: N818  # says what has happened
    """No address gave the file; the message holds no more than what the operator has configured."""


class TooMuch(Exception):  # noqa: N818  # says what has happened
    """An upstream sends more than it may."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The file is the one that the caller knows."""


@dataclass(frozen=True, slots=True)
class SmallFile:
    """A file that was read whole.

    Attributes:
        etag: by which the upstream recognizes it; empty: it does not.
    """

    content: bytes
    etag: str


Write = Callable[[bytes], Awaitable[None]]


class Web:
    """Asks upstreams."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def read(self, addresses: Sequence[str], path: str, limit: int, etag: str = "") -> SmallFile | Unchanged:
        """Reads a small file from the first address that gives it.

        Args:
            limit: bytes that it may have.
            etag: of the file that the caller knows.

        Raises:
            WebTrouble: no address gives it.
            TooMuch: it is larger.
        """
        headers = {"If-None-Match": etag} if etag else {}
        trouble = ""
        for address in addresses:
            try:
                async with asyncio.timeout(_LEAST_TIME), self.asked(f"{address}/{path}", headers) as response:
                    if response.status_code == httpx.codes.NOT_MODIFIED and etag:
                        return Unchanged()
                    _require_success(response)
                    return SmallFile(await _content(response, limit), response.headers.get("ETag", ""))
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, WebTrouble) as error:
                trouble = _told(error)
                _log.info("upstream gives no answer", address=address, trouble=trouble)
        raise WebTrouble(trouble)

    async def fetch(self, addresses: Sequence[str], path: str, size: int, write: Write) -> None:
        """Fetches a file of a known size, whatever breaks on the way: each address goes on where the last one ended.

        Args:
            write: takes the next bytes.

        Raises:
            WebTrouble: no address gives the rest of it, or all are too slow.
            TooMuch: an address sends more.
        """
        download = _Download(self, addresses, path, size, write)
        try:
            async with asyncio.timeout(_LEAST_TIME + size / _LEAST_RATE):
                await download.run()
        except TimeoutError:
            raise WebTrouble(f"less than {_LEAST_RATE} bytes a second arrive") from None

    @asynccontextmanager
    async def asked(self, url: str, headers: dict[str, str]) -> AsyncIterator[httpx.Response]:
        """The answer of whoever it is whom the address leads to."""
        for _ in range(_REDIRECTIONS):
            async with self._client.stream("GET", url, headers=headers) as response:
                if not response.has_redirect_location:
                    yield response
                    return
                target = redirected(url, response.headers["Location"])
            if target is None:
                raise WebTrouble("the upstream redirects to where it may not")
            url = target
        raise WebTrouble("the upstream redirects again and again")


class _Download:
    """A file on its way."""

    def __init__(self, web: Web, addresses: Sequence[str], path: str, size: int, write: Write) -> None:
        self._web = web
        self._addresses = addresses
        self._path = path
        self._size = size
        self._write = write
        self._done = 0

    async def run(self) -> None:
        """Goes from address to address; every byte of progress gives them all as many tries again."""
        trouble, round_ = "", 0
        while round_ < _ROUNDS:
            before = self._done
            for address in self._addresses:
                try:
                    await self._go_on(f"{address}/{self._path}")
                except (httpx.HTTPError, httpx.InvalidURL, WebTrouble) as error:
                    trouble = _told(error)
                    _log.info("upstream breaks off", address=address, done=self._done, trouble=trouble)
                if self._done == self._size:
                    return
            round_ = 0 if self._done > before else round_ + 1
            await asyncio.sleep(PAUSE * 2**round_)
        raise WebTrouble(trouble or "the upstream ends the file before its end")

    async def _go_on(self, url: str) -> None:
        headers = {"Range": f"bytes={self._done}-"} if self._done else {}
        async with self._web.asked(url, headers) as response:
            _require_success(response)
            skip = self._done - _first_byte(response)
            if skip < 0:
                raise WebTrouble("the upstream leaves a part of the file out")
            async for data in response.aiter_raw():
                await self._take(data[skip:])
                skip = max(0, skip - len(data))

    async def _take(self, data: bytes) -> None:
        if self._done + len(data) > self._size:
            raise TooMuch
        if data:
            await self._write(data)
            self._done += len(data)


@asynccontextmanager
async def open_web() -> AsyncIterator[Web]:
    """Asks upstreams while the context is open."""
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    # As it is: what would be unpacked on the way has another size, and no place to go on from.
    headers = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
    timeout = httpx.Timeout(SILENCE_LIMIT, connect=_CONNECT_LIMIT)
    async with httpx.AsyncClient(headers=headers, cookies=no_cookies, timeout=timeout) as client:
        yield Web(client)


def _require_success(response: httpx.Response) -> None:
    if not response.is_success:
        raise WebTrouble(f"the upstream answers {response.status_code}")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise WebTrouble("the upstream packs what was not to be packed")


def _first_byte(response: httpx.Response) -> int:
    """Which byte of the file the answer begins with."""
    if response.status_code != httpx.codes.PARTIAL_CONTENT:
        return 0
    unit, _, rest = response.headers.get("Content-Range", "").partition(" ")
    first = rest.partition("-")[0]
    if unit != "bytes" or not first.isdecimal():
        raise WebTrouble("the upstream does not say which part of the file it sends")
    return int(first)


async def _content(response: httpx.Response, limit: int) -> bytes:
    content = bytearray()
    async for data in response.aiter_raw():
        content += data
        if len(content) > limit:
            raise TooMuch
    return bytes(content)


def _told(error: Exception) -> str:
    """What went wrong, without what a library would say of addresses and machines."""
    match error:
        case WebTrouble():
            return str(error)
        case TimeoutError() | httpx.TimeoutException():
            return "the upstream does not answer in time"
        case httpx.ConnectError():
            return "the upstream cannot be reached"
        case _:
            return "the connection to the upstream breaks"
