"""Calls to another process: typed errors instead of gRPC's, and deadlines that shrink on the way."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

import grpc

from appshare import errors
from appshare.rpc import status
from appshare.rpc.carried import carried
from appshare.rpc.idle import IdleLimit, idle_error
from appshare.rpc.watch import Context

Request = TypeVar("Request")
Response = TypeVar("Response")

Metadata = Sequence[tuple[str, str]]

DEFAULT_TIMEOUT = 15.0
"""Seconds for a unary call whose caller gave no deadline."""

_HOP_MARGIN = 0.05
"""Seconds that a hop keeps for itself, so that the callee's time-out is reported and not the caller's."""

ANSWER_TIMEOUT = 600.0
"""Seconds that a service may take over an upload that has arrived: it reads and verifies whole packages."""

ChannelOptions: TypeAlias = Sequence[tuple[str, str | int]]

CHANNEL_OPTIONS: ChannelOptions = [
    # Whoever opens a channel says what may be tried again.
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


def open_channel(address: str, options: ChannelOptions = ()) -> grpc.aio.Channel:
    """A plain-text channel to `address` ("host:port").

    Args:
        options: in place of ours of the same name, or besides them.
    """
    return grpc.aio.insecure_channel(address, options=channel_options(options))


def channel_options(options: ChannelOptions) -> list[tuple[str, str | int]]:
    """Ours and these, which take the place of ours of the same name."""
    return list({**dict(CHANNEL_OPTIONS), **dict(options)}.items())


def open_tls_channel(address: str, ca: bytes | None = None) -> grpc.aio.Channel:
    """A channel to `address` that verifies the server's certificate.

    Args:
        ca: the authorities to trust, in PEM; None: those that gRPC trusts by itself.
    """
    return grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(ca), options=CHANNEL_OPTIONS)


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
        # Made here, since gRPC would first look what kind of sequence it is given, which takes longer.
        sent = grpc.aio.Metadata(*metadata, *carried())
        try:
            return await method(request, timeout=time_limit, metadata=sent)
        except grpc.aio.AioRpcError as error:
            raise status.from_rpc_error(error, self.name) from None
        except asyncio.CancelledError:
            if _is_given_up():
                raise
            raise status.no_answer(self.name) from None

    async def stream(
        self,
        method: grpc.aio.UnaryStreamMultiCallable[Request, Response],
        request: Request,
        *,
        metadata: Metadata = (),
        idle_limit: float | None = None,
    ) -> AsyncGenerator[Response, None]:
        """Calls a method that streams its answer; closing the iterator cancels the call.

        Args:
            idle_limit: seconds that the service may be silent; None: a stream that waits for something to happen.
        """
        call = method(request, metadata=(*metadata, *carried()))
        try:
            with closing(IdleLimit(idle_limit, f"{self.name} sent nothing")) as idle:
                while True:
                    with idle:
                        response: Any = await call.read()
                    if response is grpc.aio.EOF:
                        return
                    yield response
        except grpc.aio.AioRpcError as error:
            raise status.from_rpc_error(error, self.name) from None
        except asyncio.CancelledError:
            if _is_given_up():
                raise
            raise status.no_answer(self.name) from None
        finally:
            call.cancel()

    async def upload(
        self,
        method: grpc.aio.StreamUnaryMultiCallable[Request, Response],
        requests: AsyncIterator[Request],
        *,
        metadata: Metadata = (),
        idle_limit: float | None = None,
    ) -> Response:
        """Calls a method that takes a stream; a failure is raised as a typed error, one of `requests` as it is.

        Args:
            idle_limit: seconds in which the service must take the next message.
        """
        upload = _Upload(requests, idle_limit)
        try:
            async with upload.limit:
                return await method(upload.messages(), metadata=(*metadata, *carried()))
        except grpc.aio.AioRpcError as error:
            raise upload.failure or status.from_rpc_error(error, self.name) from None
        except asyncio.CancelledError:
            if _is_given_up():
                raise
            raise upload.failure or status.no_answer(self.name) from None
        except TimeoutError:
            raise idle_error(upload.allowed, f"{self.name} took nothing") from None


class _Upload(Generic[Request]):
    """The messages of an upload on their way.

    Attributes:
        limit: is over when nothing has moved for too long.
        allowed: how many seconds that is now.
        failure: what the messages failed with; gRPC would only say that the call was cancelled.
    """

    def __init__(self, requests: AsyncIterator[Request], idle_limit: float | None) -> None:
        self._requests = requests
        self._idle_limit = idle_limit
        self.limit = asyncio.timeout(None)
        self.allowed = ANSWER_TIMEOUT
        self.failure: Exception | None = None

    async def messages(self) -> AsyncIterator[Request]:
        """The messages, each of which gives the service more time."""
        try:
            async for request in self._requests:
                self._allow(self._idle_limit)
                yield request
                self._allow(None)  # the next one is not the service's to give
        except Exception as error:
            self.failure = error
            raise
        self._allow(ANSWER_TIMEOUT)

    def _allow(self, seconds: float | None) -> None:
        self.allowed = seconds or ANSWER_TIMEOUT
        self.limit.reschedule(None if seconds is None else asyncio.get_running_loop().time() + seconds)


def _is_given_up() -> bool:
    """Whether a cancellation is meant for the task that makes the call, and not a call that gRPC has ended."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
