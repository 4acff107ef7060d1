"""Who calls: nothing behind a port is reached without a token, but for what is open by name."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable
from contextvars import ContextVar
from typing import Any

import grpc

from appshare import errors
from appshare.gateway.access_tokens import Caller
from appshare.gateway.registration_check import CheckDevice
from appshare.gateway.under_way import under_way
from appshare.rpc.call import remaining_time
from appshare.rpc.handlers import Handler, WrappedOnce, behavior_of, with_behavior
from appshare.rpc.interceptor import Context

_OPEN_PREFIXES = ("/grpc.health.", "/grpc.reflection.")

_caller: ContextVar[Caller] = ContextVar("caller")
_operator: ContextVar[str] = ContextVar("operator")


def calling_device() -> str:
    """The id of the device that the current call is from."""
    return _caller.get().device_id


def caller_or_none() -> Caller | None:
    """Whom the current call is from; None for a call that has proved nothing."""
    return _caller.get(None)


def calling_operator_or_none() -> str | None:
    """The name of the operator that the current call is from; None for a call that has proved nothing."""
    return _operator.get(None)


class DeviceAuthentication(grpc.aio.ServerInterceptor):
    """Lets calls with the access token of a registered device in and remembers the device.

    Args:
        caller_of: reads a token; raises `errors.UnauthenticatedError`.
        check_device: raises what refuses a device that is not registered any more.
        open_methods: full names of the methods that need no token.
        unchecked_methods: full names of the methods that refuse such a device by themselves.
        reading_methods: full names of the methods that only read: they run while the device is checked.
    """

    def __init__(
        self,
        caller_of: Callable[[str], Caller],
        check_device: CheckDevice,
        open_methods: Collection[str],
        unchecked_methods: Collection[str],
        reading_methods: Collection[str] = (),
    ) -> None:
        self._caller_of = caller_of
        self._check_device = check_device
        self._open_methods = open_methods
        self._unchecked_methods = unchecked_methods
        self._reading_methods = reading_methods
        self._checked = WrappedOnce(self._checking)

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        """Finds the handler.

        Raises:
            errors.UnauthenticatedError: MISSING_TOKEN, INVALID_TOKEN or EXPIRED_TOKEN.
        """
        handler = await continuation(handler_call_details)
        if handler is None or _is_open(handler_call_details.method, self._open_methods):
            return handler
        _caller.set(self._caller_of(_bearer_token(handler_call_details)))
        if handler_call_details.method in self._unchecked_methods:
            return handler
        return self._checked(handler, handler_call_details.method)

    def _checking(self, handler: Any, method: str) -> Handler:
        behavior = behavior_of(handler)

        async def answer_read(request: Any, context: Context) -> Any:
            async with under_way(behavior(request, context)) as read:
                await self._check_device(calling_device(), remaining_time(context))
                return await read

        async def answer(request: Any, context: Context) -> Any:
            await self._check_device(calling_device(), remaining_time(context))
            return await behavior(request, context)

        async def stream(request: Any, context: Context) -> AsyncGenerator[Any, None]:
            await self._check_device(calling_device(), remaining_time(context))
            messages: AsyncGenerator[Any, None] = behavior(request, context)
            return messages  # as they are: a generator around another costs something for every message

        if handler.response_streaming:
            return with_behavior(handler, stream)
        return with_behavior(handler, answer_read if method in self._reading_methods else answer)


class OperatorAuthentication(grpc.aio.ServerInterceptor):
    """Lets calls with an operator's token in and remembers the operator.

    Args:
        name_of: the operator with a token; raises `errors.UnauthenticatedError`.
    """

    def __init__(self, name_of: Callable[[str], str]) -> None:
        self._name_of = name_of

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        """Finds the handler.

        Raises:
            errors.UnauthenticatedError: MISSING_TOKEN or INVALID_TOKEN.
        """
        handler = await continuation(handler_call_details)
        if handler is None or _is_open(handler_call_details.method, ()):
            return handler
        _operator.set(self._name_of(_bearer_token(handler_call_details)))
        return handler


def _is_open(method: str, open_methods: Iterable[str]) -> bool:
    return method.startswith(_OPEN_PREFIXES) or method in open_methods


def _bearer_token(details: grpc.HandlerCallDetails) -> str:
    value = next((value for key, value in details.invocation_metadata or () if key == "authorization"), "")
    scheme, _, token = str(value).partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise errors.UnauthenticatedError(
            errors.Reason.MISSING_TOKEN, "the call needs the metadata `authorization: Bearer <token>`"
        )
    return token
