"""The operator's calls about upstreams."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from appshare.operator.model import (
    FoundApp,
    FoundApps,
    KeptPackages,
    Upstream,
    UpstreamProgress,
    Upstreams,
    UpstreamState,
)
from appshare.rpc.call import Callee, Metadata
from appshare.v1 import error_reason_pb2, upstream_pb2
from appshare.v1.operator_gateway_pb2_grpc import UpstreamServiceStub

_PAGE_SIZE = 200
_SILENCE_LIMIT = 90.0
"""Seconds in which the server has to tell how far it is."""


class UpstreamCalls:
    """Calls `UpstreamService`; every call raises the `appshare.errors` that the contract lists for it."""

    def __init__(self, server: Callee, channel: grpc.aio.Channel, credentials: Metadata) -> None:
        self._server = server
        self._stub = UpstreamServiceStub(channel)
        self._credentials = credentials

    async def add(self, upstream: Upstream) -> AsyncIterator[UpstreamProgress | UpstreamState]:
        """Adds an upstream; gives its progress, then its state."""
        request = upstream_pb2.AddUpstreamRequest(upstream=_write_upstream(upstream))
        stream = self._server.stream(
            self._stub.AddUpstream, request, metadata=self._credentials, idle_limit=_SILENCE_LIMIT
        )
        async for message in stream:
            yield _read_part(message)

    async def all(self) -> Upstreams:
        """Lists the upstreams, in the order in which they are searched, and says what is kept of them."""
        request = upstream_pb2.ListUpstreamsRequest()
        response = await self._server.unary(self._stub.ListUpstreams, request, metadata=self._credentials)
        kept = KeptPackages(response.kept.package_count, response.kept.total_size, response.kept.size_limit)
        return Upstreams(tuple(map(_read_state, response.upstreams)), kept)

    async def refresh(self, name: str) -> AsyncIterator[UpstreamProgress | UpstreamState]:
        """Refreshes an upstream; gives its progress, then its state."""
        request = upstream_pb2.RefreshUpstreamRequest(name=name)
        stream = self._server.stream(
            self._stub.RefreshUpstream, request, metadata=self._credentials, idle_limit=_SILENCE_LIMIT
        )
        async for message in stream:
            yield _read_part(message)

    async def remove(self, name: str) -> None:
        """Removes an upstream."""
        request = upstream_pb2.RemoveUpstreamRequest(name=name)
        await self._server.unary(self._stub.RemoveUpstream, request, metadata=self._credentials)

    async def search(self, text: str) -> FoundApps:
        """Finds apps by name, in the catalogue and in the upstreams."""
        request = upstream_pb2.SearchAppsRequest(text=text, page_size=_PAGE_SIZE)
        response = await self._server.unary(self._stub.SearchApps, request, metadata=self._credentials)
        return FoundApps(tuple(map(_read_found, response.apps)), response.truncated)


def _write_upstream(upstream: Upstream) -> upstream_pb2.Upstream:
    return upstream_pb2.Upstream(
        name=upstream.name,
        address=upstream.address,
        mirrors=upstream.mirrors,
        fingerprint=upstream.fingerprint,
        plain_http=upstream.plain_http,
    )


def _read_part(
    message: upstream_pb2.AddUpstreamResponse | upstream_pb2.RefreshUpstreamResponse,
) -> UpstreamProgress | UpstreamState:
    if message.HasField("state"):
        return _read_state(message.state)
    return UpstreamProgress(message.progress.bytes_total, message.progress.bytes_done, message.progress.apps_read)


def _read_state(message: upstream_pb2.UpstreamState) -> UpstreamState:
    upstream = message.upstream
    return UpstreamState(
        upstream=Upstream(
            name=upstream.name,
            address=upstream.address,
            mirrors=tuple(upstream.mirrors),
            fingerprint=upstream.fingerprint,
            plain_http=upstream.plain_http,
        ),
        index_time=_read_time(message.index_time) if message.HasField("index_time") else None,
        app_count=message.app_count,
        version_count=message.version_count,
        skipped_version_count=message.skipped_version_count,
        check_time=_read_time(message.check_time) if message.HasField("check_time") else None,
        failure_count=message.failure_count,
        failure=_read_reason(message.failure),
        failure_message=message.failure_message,
    )


def _read_time(message: Timestamp) -> datetime:
    return message.ToDatetime(tzinfo=UTC)


def _read_reason(number: error_reason_pb2.ErrorReason.ValueType) -> str:
    if number == error_reason_pb2.ERROR_REASON_UNSPECIFIED:
        return ""
    known = number in error_reason_pb2.ErrorReason.values()
    return error_reason_pb2.ErrorReason.Name(number).removeprefix("ERROR_REASON_") if known else "INTERNAL"


def _read_found(message: upstream_pb2.FoundApp) -> FoundApp:
    return FoundApp(message.package_name, message.label, message.version_name, message.version_code, message.upstream)
