"""One call while its handler runs: bound in the logs, seen by the watches, its failure turned into a status."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

import grpc
import structlog

from appshare import errors
from appshare.rpc import status
from appshare.rpc.carried import REQUEST_ID_KEY, carry
from appshare.rpc.refusals import count_refusal
from appshare.rpc.watch import Call, CallWatch, Context

_LONGEST_REQUEST_ID = 64
_MOMENT = 0.5
"""Seconds that the caller of a failed call may go on sending."""

_CODES: dict[object, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}

_log = structlog.get_logger(__name__)


class RunningCall:
    """An asynchronous context manager around a handler.

    Args:
        metadata: what came with the call.
        watches: see the call begin in this order, and end in the other.
        requests: what the caller may still be sending; None: it sends one message.
    """

    __slots__ = ("_begun", "_call", "_requests", "_watches")

    def __init__(
        self,
        method: str,
        context: Context,
        metadata: Sequence[tuple[str, Any]],
        watches: Sequence[CallWatch],
        requests: AsyncIterator[bytes] | None = None,
    ) -> None:
        self._call = Call(method, context, dict(metadata), len(metadata))
        self._watches = watches
        self._requests = requests
        self._begun = 0

    async def __aenter__(self) -> None:
        request_id = str(self._call.metadata.get(REQUEST_ID_KEY) or secrets.token_hex(8))[:_LONGEST_REQUEST_ID]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id, method=self._call.method)
        carry(((REQUEST_ID_KEY, request_id),))
        try:
            for watch in self._watches:
                watch.begin(self._call)
                self._begun += 1
        except Exception as error:  # every failure becomes a status
            await self._fail(error)

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self._end(grpc.StatusCode.OK)
        elif isinstance(error, Exception):
            await self._fail(error)
        else:  # the caller has given up
            self._end(grpc.StatusCode.CANCELLED)

    async def _let_finish(self) -> None:
        """Lets a caller whose stream is refused send the rest for a moment.

        One that is cut off while it sends a message is told by gRPC just that it was, and not why.
        """
        if self._requests is None:
            return
        with suppress(Exception):  # nobody wants the rest
            async with asyncio.timeout(_MOMENT):
                async for _ in self._requests:
                    pass

    async def _fail(self, error: Exception) -> None:
        if isinstance(error, grpc.aio.AbortError):  # the handler has set its status already
            self._end(_code_set(self._call.context))
            raise error
        await self._let_finish()
        typed = self._typed(error)
        code = status.code_of(typed)
        self._end(code)
        count_refusal(typed)
        # Whoever calls too often must not fill the log as well; how often that is, the metrics tell.
        tell = _log.debug if typed.reason is errors.Reason.LIMIT_EXCEEDED else _log.info
        tell("call", code=code.name, reason=str(typed.reason), ms=self._call.elapsed_ms)
        await self._call.context.abort(code, typed.message, status.to_trailers(typed))

    def _typed(self, error: Exception) -> errors.AppShareError:
        if isinstance(error, errors.AppShareError):
            return error
        # What generated servicers do where a service has not the method.
        if isinstance(error, NotImplementedError) and _code_set(self._call.context) is grpc.StatusCode.UNIMPLEMENTED:
            return unknown_method()
        return _defect(error)

    def _end(self, code: grpc.StatusCode) -> None:
        while self._begun:
            self._begun -= 1
            self._watches[self._begun].end(self._call, code)


def unknown_method() -> errors.UnimplementedError:
    """The refusal of a call of a method that the server has not."""
    return errors.UnimplementedError(
        errors.Reason.UNKNOWN_METHOD, "this server has no such method; it may be older or newer than the caller"
    )


def _code_set(context: Context) -> grpc.StatusCode:
    code: object = context.code()  # a number after an abort, whatever the stubs say
    return code if isinstance(code, grpc.StatusCode) else _CODES.get(code, grpc.StatusCode.UNKNOWN)


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
