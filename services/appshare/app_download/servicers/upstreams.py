"""The wire of upstreams: what an operator does with them, and their progress."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from appshare import errors
from appshare.app_download.upstreams.addresses import InvalidAddress, require_address
from appshare.app_download.upstreams.model import FoundApp, Source, Upstream
from appshare.app_download.upstreams.operation import FINGERPRINT, NAME, Upstreams
from appshare.app_download.upstreams.refresh import Progress, Tell
from appshare.rpc import paging
from appshare.rpc.fields import invalid_field, require_length, require_text
from appshare.rpc.interceptor import Context
from appshare.rpc.timestamps import timestamp
from appshare.v1 import error_reason_pb2, upstream_pb2

_MOST_MIRRORS = 10
_LONGEST_SEARCH = 64
_PROGRESS_INTERVAL = 0.2
"""Seconds between two messages of progress."""
_LONGEST_SILENCE = 10.0
"""Seconds after which the same progress is told again: whoever waits for a slow upstream sees that we do."""

Result = TypeVar("Result")


class UpstreamServicer:
    """The RPCs by which an operator looks after upstreams."""

    def __init__(self, upstreams: Upstreams) -> None:
        self._upstreams = upstreams

    async def RegisterUpstream(
        self, request: upstream_pb2.RegisterUpstreamRequest, context: Context
    ) -> AsyncIterator[upstream_pb2.RegisterUpstreamResponse]:
        """Adds an upstream."""
        source = _read_source(request.upstream)
        async for told in _followed(lambda tell: self._upstreams.add(source, tell)):
            if isinstance(told, Progress):
                yield upstream_pb2.RegisterUpstreamResponse(progress=_write_progress(told))
            else:
                yield upstream_pb2.RegisterUpstreamResponse(state=_write_state(told))

    async def ReadUpstreams(
        self, request: upstream_pb2.ReadUpstreamsRequest, context: Context
    ) -> upstream_pb2.ReadUpstreamsResponse:
        """Lists the upstreams."""
        kept = await self._upstreams.kept()
        return upstream_pb2.ReadUpstreamsResponse(
            upstreams=map(_write_state, await self._upstreams.all()),
            kept=upstream_pb2.KeptPackages(package_count=kept.packages, total_size=kept.size, size_limit=kept.limit),
        )

    async def FetchUpstream(
        self, request: upstream_pb2.FetchUpstreamRequest, context: Context
    ) -> AsyncIterator[upstream_pb2.FetchUpstreamResponse]:
        """Refreshes an upstream."""
        name = require_text(request.name, "name")
        async for told in _followed(lambda tell: self._upstreams.refresh(name, tell)):
            if isinstance(told, Progress):
                yield upstream_pb2.FetchUpstreamResponse(progress=_write_progress(told))
            else:
                upstream, changed = told
                yield upstream_pb2.FetchUpstreamResponse(state=_write_state(upstream), changed=changed)

    async def DeleteUpstream(
        self, request: upstream_pb2.DeleteUpstreamRequest, context: Context
    ) -> upstream_pb2.DeleteUpstreamResponse:
        """Removes an upstream."""
        await self._upstreams.remove(require_text(request.name, "name"))
        return upstream_pb2.DeleteUpstreamResponse()

    async def FindApps(self, request: upstream_pb2.FindAppsRequest, context: Context) -> upstream_pb2.FindAppsResponse:
        """Finds apps by name."""
        require_length(require_text(request.text, "text"), "text", _LONGEST_SEARCH)
        size = paging.page_size(request.page_size)
        found = await self._upstreams.search(request.text.casefold().split(), size + 1)
        return upstream_pb2.FindAppsResponse(apps=map(_write_found, found[:size]), truncated=len(found) > size)


async def _followed(act: Callable[[Tell], Awaitable[Result]]) -> AsyncIterator[Progress | Result]:
    """The progress of an act as it goes on, the newest now and then, and its result at last.

    The act ends with the iterator: nobody would learn what comes of it.
    """
    newest = told = Progress(0, 0, 0)
    told_at = 0.0

    async def tell(progress: Progress) -> None:
        nonlocal newest
        newest = progress

    acting, clock = asyncio.ensure_future(act(tell)), asyncio.get_running_loop().time
    try:
        while not (await asyncio.wait([acting], timeout=_PROGRESS_INTERVAL))[0]:
            if newest != told or clock() - told_at > _LONGEST_SILENCE:
                told, told_at = newest, clock()
                yield told
        if newest != told:  # what took no time has progress as well
            yield newest
        yield acting.result()
    finally:
        acting.cancel()
        with suppress(asyncio.CancelledError, errors.AppShareError):
            await acting


def _read_source(message: upstream_pb2.Upstream) -> Source:
    if not NAME.fullmatch(message.name):
        raise invalid_field("upstream.name", "1 to 63 lower-case letters, digits, '.', '_' and '-'")
    if not FINGERPRINT.fullmatch(message.fingerprint):
        raise invalid_field("upstream.fingerprint", "64 lower-case hexadecimal digits")
    if len(message.mirrors) > _MOST_MIRRORS:
        raise invalid_field("upstream.mirrors", f"at most {_MOST_MIRRORS}")
    return Source(
        name=message.name,
        address=_read_address(message.address, "upstream.address", plain_http=message.plain_http),
        mirrors=tuple(
            _read_address(mirror, f"upstream.mirrors[{index}]", plain_http=message.plain_http)
            for index, mirror in enumerate(message.mirrors)
        ),
        fingerprint=message.fingerprint,
        plain_http=message.plain_http,
    )


def _read_address(text: str, field: str, *, plain_http: bool) -> str:
    try:
        return require_address(text, plain_http=plain_http)
    except InvalidAddress as error:
        raise invalid_field(field, str(error)) from None


def _write_progress(progress: Progress) -> upstream_pb2.UpstreamProgress:
    return upstream_pb2.UpstreamProgress(
        bytes_total=progress.bytes_total, bytes_done=progress.bytes_done, apps_read=progress.apps_read
    )


def _write_state(upstream: Upstream) -> upstream_pb2.UpstreamState:
    source, accepted, health = upstream.source, upstream.accepted, upstream.health
    return upstream_pb2.UpstreamState(
        upstream=upstream_pb2.Upstream(
            name=source.name,
            address=source.address,
            mirrors=source.mirrors,
            fingerprint=source.fingerprint,
            plain_http=source.plain_http,
        ),
        index_time=timestamp(accepted.timestamp / 1000) if accepted.timestamp else None,
        app_count=accepted.apps,
        version_count=accepted.versions,
        skipped_version_count=accepted.skipped,
        check_time=timestamp(health.checked_at) if health.checked_at else None,
        failure_count=health.failures,
        failure=error_reason_pb2.ErrorReason.Value(f"ERROR_REASON_{health.reason or 'UNSPECIFIED'}"),
        failure_message=health.message,
    )


def _write_found(app: FoundApp) -> upstream_pb2.FoundApp:
    return upstream_pb2.FoundApp(
        package_name=app.package_name,
        label=app.label,
        version_name=app.version_name,
        version_code=app.version_code,
        upstream=app.upstream,
    )
