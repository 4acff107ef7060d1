"""What every call of every service gets: a request id in the logs, and a status for whatever its handler raises."""

import inspect
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeAlias

import grpc
import structlog

from appshare import errors
from appshare.rpc import status
from appshare.rpc.handlers import Handler, behavior_of, with_behavior

REQUEST_ID_KEY = "x-request-id"
"""Metadata key under which a request id goes from hop to hop."""

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

_log = structlog.get_logger(__name__)


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Wraps the handlers of all four kinds."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        """Finds the handler and wraps it; an unknown method stays with gRPC, which answers UNIMPLEMENTED."""
        try:
            handler = await continuation(handler_call_details)
        except Exception as error:  # every failure becomes a status, also that of another interceptor
            handler = _failing(error)
        if handler is None:
            return handler
        wrap = _wrap_streaming if handler.response_streaming else _wrap_unary
        behavior = wrap(_reading(handler), handler_call_details.method)
        return with_behavior(handler, behavior, takes_bytes=True)


def _failing(error: Exception) -> Handler:
    async def fail(_requests: Any, _context: Context) -> AsyncIterator[Any]:
        raise error
        yield  # makes it a generator

    # A caller of any kind understands the answer: a status without a message before it.
    return grpc.stream_stream_rpc_method_handler(fail)


def _reading(handler: Any) -> Callable[..., Any]:
    """The handler's function for requests in bytes, so that one that cannot be read fails like any other."""
    behavior: Callable[..., Any] = behavior_of(handler)
    parse = handler.request_deserializer
    if parse is None:
        return behavior

    def read(request: bytes) -> Any:
        try:
            return parse(request)
        except Exception as error:
            raise errors.InvalidArgumentError(
                errors.Reason.INVALID_FIELD, "the request is not the message that the method takes"
            ) from error

    async def read_all(requests: AsyncIterator[bytes]) -> AsyncIterator[Any]:
        async for request in requests:
            yield read(request)

    as_message = read_all if handler.request_streaming else read
    return lambda request, context: behavior(as_message(request), context)


def _wrap_unary(behavior: Callable[..., Awaitable[Any]], method: str) -> Callable[..., Awaitable[Any]]:
    async def handle(request: Any, context: Context) -> Any:
        started = _begin(method, context)
        try:
            response = await behavior(request, context)
        except Exception as error:  # every failure becomes a status here
            await _fail(error, context, started)
        else:
            _log.debug("call", code="OK", ms=_elapsed_ms(started))
            return response

    return handle


def _wrap_streaming(behavior: Callable[..., Any], method: str) -> Callable[..., AsyncIterator[Any]]:
    async def handle(request: Any, context: Context) -> AsyncIterator[Any]:
        started = _begin(method, context)
        try:
            answer = behavior(request, context)
            if inspect.isawaitable(answer):  # a method may write to the context instead of yielding
                await answer
            else:
                async with aclosing(answer):  # a cancelled call frees what its handler holds at once
                    async for response in answer:
                        yield response
        except Exception as error:  # every failure becomes a status here
            await _fail(error, context, started)
        else:
            _log.debug("call", code="OK", ms=_elapsed_ms(started))

    return handle


def _begin(method: str, context: Context) -> float:
    metadata = dict(context.invocation_metadata() or ())
    request_id = metadata.get(REQUEST_ID_KEY) or secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=str(request_id)[:64], method=method)
    return time.monotonic()


def _elapsed_ms(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)


async def _fail(error: Exception, context: Context, started: float) -> None:
    if isinstance(error, grpc.aio.AbortError):
        raise error  # the handler has set its status already
    typed = error if isinstance(error, errors.AppShareError) else _defect(error)
    code = status.code_of(typed)
    _log.info("call", code=code.name, reason=str(typed.reason), ms=_elapsed_ms(started))
    await context.abort(code, typed.message, status.to_trailers(typed))


def _defect(error: Exception) -> errors.InternalError:
    """Logs where a defect is, without the exception's message: it could carry what a log must not."""
    incident = secrets.token_hex(8)
    places = []
    trace = error.__traceback__
    while trace is not None:
        places.append(f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}")
        trace = trace.tb_next
    _log.error("defect", incident=incident, exception=type(error).__name__, trace=places)
    return errors.InternalError(
        errors.Reason.INTERNAL,
        f"the service failed; its log says more under incident {incident}",
        metadata={"incident": incident},
    )
