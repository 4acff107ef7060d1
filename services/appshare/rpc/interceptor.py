"""What every call of every service gets: watches, idle limits, and a status for whatever its handler raises."""

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, closing
from contextvars import ContextVar
from functools import partial
from typing import Any, TypeAlias

import grpc

from appshare import errors
from appshare.rpc.arrivals import Arrivals
from appshare.rpc.draining import Draining, Stream
from appshare.rpc.handlers import Handler, WrappedOnce, behavior_of, taking_bytes
from appshare.rpc.idle import IdleLimit, until_idle
from appshare.rpc.running_call import RunningCall, unknown_method
from appshare.rpc.watch import CallWatch, Context

__all__ = ["CallInterceptor", "Context"]

Take: TypeAlias = Callable[[AsyncIterator[bytes], Context], Awaitable[Any]]
"""Gives a handler's function what it takes."""

Running: TypeAlias = Callable[[AsyncIterator[bytes], Context], RunningCall]
"""What surrounds the handler of a call."""

_UNKNOWN = "unknown"
"""Stands for every method that is not there: what callers invent is neither logged nor counted by name."""

_metadata: ContextVar[Sequence[tuple[str, Any]]] = ContextVar("metadata", default=())
"""What came with the current call. The handler runs where it was looked for; gRPC would read all of it once more."""


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Wraps the handlers of all four kinds.

    Args:
        watches: see every call begin in this order, and end in the other.
        idle_limit: seconds after which a call is over whose message has not come, or a stream on which nothing moves;
            None: never.
        draining: told of every stream, so that it can end them; None: nobody does.
    """

    def __init__(
        self,
        watches: Sequence[CallWatch] = (),
        *,
        idle_limit: float | None = None,
        draining: Draining | None = None,
    ) -> None:
        self._watches = tuple(watches)
        self._idle_limit = idle_limit
        self._arrivals = Arrivals(idle_limit)
        self._draining = draining or Draining()
        self._wrapped = WrappedOnce(self._wrap)

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        """Finds the handler and wraps it."""
        method = handler_call_details.method
        _metadata.set(handler_call_details.invocation_metadata or ())
        try:
            handler = await continuation(handler_call_details)
        except Exception as error:  # every failure becomes a status, also that of another interceptor
            return self._wrap(_failing(error), method)
        if handler is None:
            return self._wrap(_failing(unknown_method()), _UNKNOWN)
        return self._wrapped(handler, method)

    def _wrap(self, handler: Any, method: str) -> Handler:
        wrap = self._wrap_streaming if handler.response_streaming else self._wrap_unary
        running = partial(self._running, method, takes_many=handler.request_streaming)
        return taking_bytes(handler, wrap(behavior_of(handler), self._taking(handler), running, method))

    def _running(
        self, method: str, requests: AsyncIterator[bytes], context: Context, *, takes_many: bool
    ) -> RunningCall:
        return RunningCall(method, context, _metadata.get(), self._watches, requests if takes_many else None)

    def _wrap_unary(
        self, behavior: Callable[..., Awaitable[Any]], take: Take, running: Running, _method: str
    ) -> Callable[..., Awaitable[Any]]:
        async def handle(requests: Any, context: Context) -> Any:
            async with running(requests, context):
                return await behavior(await take(requests, context), context)

        return handle

    def _wrap_streaming(
        self, behavior: Callable[..., Any], take: Take, running: Running, method: str
    ) -> Callable[..., Awaitable[None]]:
        async def handle(requests: Any, context: Context) -> None:
            async with running(requests, context):
                with self._draining.running(method) as stream:
                    answer = behavior(await take(requests, context), context)
                    if inspect.isawaitable(answer):
                        answer = await answer
                    if answer is not None:  # a method may write to the context instead
                        await self._write_all(answer, stream, context)

        return handle

    async def _write_all(self, answer: AsyncGenerator[Any, None], stream: Stream, context: Context) -> None:
        # Closed at once, so that a cancelled call frees what its handler holds.
        async with aclosing(answer):
            with closing(IdleLimit(self._idle_limit, "the caller took nothing")) as idle:
                async for response in answer:
                    stream.begin_message()
                    with idle:
                        await context.write(response)
                    stream.end_message()

    def _taking(self, handler: Any) -> Take:
        """What gives the handler's function what it takes: a message, or a stream of them."""
        read = _reader(handler.request_deserializer)

        async def read_all(requests: AsyncIterator[bytes]) -> AsyncIterator[Any]:
            async for request in until_idle(requests, self._idle_limit, "the caller sent nothing"):
                yield read(request)

        async def take_all(requests: AsyncIterator[bytes], _context: Context) -> Any:
            return read_all(requests)

        async def take_one(_requests: AsyncIterator[bytes], context: Context) -> Any:
            request = await self._arrivals.wait(context.read(), "the caller sent nothing")
            if request is grpc.aio.EOF:
                raise errors.InvalidArgumentError(errors.Reason.INVALID_FIELD, "the call carries no message")
            return read(request)

        return take_all if handler.request_streaming else take_one


def _failing(error: Exception) -> Handler:
    async def fail(_requests: Any, _context: Context) -> AsyncIterator[Any]:
        raise error
        yield  # makes it a generator

    # A caller of any kind understands the answer: a status without a message before it.
    return grpc.stream_stream_rpc_method_handler(fail)


def _reader(parse: Callable[[bytes], Any] | None) -> Callable[[bytes], Any]:
    def read(request: bytes) -> Any:
        try:
            return parse(request) if parse else request
        except Exception as error:
            raise errors.InvalidArgumentError(
                errors.Reason.INVALID_FIELD, "the request is not the message that the method takes"
            ) from error

    return read
