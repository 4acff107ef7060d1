"""Calls to another process: typed errors instead of gRPC's, and deadlines that shrink on the way."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
import structlog

from appshare import errors
from appshare.rpc import status
from appshare.rpc.interceptor import REQUEST_ID_KEY, Context

Request = TypeVar("Request")
Response = TypeVar("Response")

Metadata = Sequence[tuple[str, str]]

DEFAULT_TIMEOUT = 15.0
"""Seconds for a unary call whose caller gave no deadline."""

_HOP_MARGIN = 0.05
"""Seconds that a hop keeps for itself, so that the callee's time-out is reported and not the caller's."""

_CHANNEL_OPTIONS = [
    ("grpc.enable_retries", 0),
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # A service that comes back is found again within a second.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # Despite its name, how long a connection may take to be made: a phone's, on a bad network, takes seconds.
    ("grpc.min_reconnect_backoff_ms", 10_000),
]


def open_channel(address: str) -> grpc.aio.Channel:
    """A plain-text channel to `address` ("host:port")."""
    return grpc.aio.insecure_channel(address, options=_CHANNEL_OPTIONS)


def open_tls_channel(address: str) -> grpc.aio.Channel:
    """A channel to `address` that verifies the server's certificate by gRPC's own roots."""
    return grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(), options=_CHANNEL_OPTIONS)


def remaining_time(context: Context) -> float:
    """Seconds that a call made on behalf of `context` may take.

    Raises:
        errors.DeadlineExceededError: the caller's time is over.
    """
    remaining = context.time_remaining()
    if remaining is None:
        return DEFAULT_TIMEOUT
    if remaining <= _HOP_MARGIN:
        raise errors.DeadlineExceededError(errors.Reason.DEADLINE_EXCEEDED, "the call's time is over")
    return min(remaining - _HOP_MARGIN, DEFAULT_TIMEOUT)


@dataclass(frozen=True)
class Callee:
    """A service as its callers see it.

    Attributes:
        name: for people, in error messages.
    """

    name: str

    async def unary(
        self,
        method: grpc.aio.UnaryUnaryMultiCallable[Request, Response],
        request: Request,
        *,
        time_limit: float = DEFAULT_TIMEOUT,
        metadata: Metadata = (),
    ) -> Response:
        """Calls a unary method; a failure is raised as a typed error."""
        try:
            return await method(request, timeout=time_limit, metadata=_with_request_id(metadata))
        except grpc.aio.AioRpcError as error:
            raise status.from_rpc_error(error, self.name) from None

    async def stream(
        self,
        method: grpc.aio.UnaryStreamMultiCallable[Request, Response],
        request: Request,
        *,
        metadata: Metadata = (),
    ) -> AsyncGenerator[Response, None]:
        """Calls a method that streams its answer; closing the iterator cancels the call."""
        call = method(request, metadata=_with_request_id(metadata))
        try:
            async for response in call:
                yield response
        except grpc.aio.AioRpcError as error:
            raise status.from_rpc_error(error, self.name) from None
        finally:
            call.cancel()

    async def upload(
        self,
        method: grpc.aio.StreamUnaryMultiCallable[Request, Response],
        requests: AsyncIterator[Request],
        *,
        metadata: Metadata = (),
    ) -> Response:
        """Calls a method that takes a stream; a failure is raised as a typed error."""
        try:
            return await method(requests, metadata=_with_request_id(metadata))
        except grpc.aio.AioRpcError as error:
            raise status.from_rpc_error(error, self.name) from None


def _with_request_id(metadata: Metadata) -> Metadata:
    request_id: Any = structlog.contextvars.get_contextvars().get("request_id")
    return (*metadata, (REQUEST_ID_KEY, request_id)) if request_id else tuple(metadata)
