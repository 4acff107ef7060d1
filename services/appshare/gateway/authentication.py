"""Who calls: nothing behind a port is reached without a token, but for what is open by name."""

import hmac
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar

import grpc

from appshare import errors
from appshare.rpc.handlers import Handler

_OPEN_PREFIXES = ("/grpc.health.", "/grpc.reflection.")

_calling_device: ContextVar[str] = ContextVar("calling_device")


def calling_device() -> str:
    """The id of the device that the current call is from."""
    return _calling_device.get()


def calling_device_or_none() -> str | None:
    """The same; None for a call that has proved nothing."""
    return _calling_device.get(None)


class DeviceAuthentication(grpc.aio.ServerInterceptor):
    """Lets calls with a device's access token in and remembers the device.

    Args:
        device_id: reads a token; raises `errors.UnauthenticatedError`.
        open_methods: full names of the methods that need no token.
    """

    def __init__(self, device_id: Callable[[str], str], open_methods: Iterable[str]) -> None:
        self._device_id = device_id
        self._open_methods = frozenset(open_methods)

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
        _calling_device.set(self._device_id(_bearer_token(handler_call_details)))
        return handler


class OperatorAuthentication(grpc.aio.ServerInterceptor):
    """Lets calls with the operator's token in."""

    def __init__(self, operator_token: str) -> None:
        self._operator_token = operator_token.encode()

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
        if handler is None or _is_open(handler_call_details.method, ()):
            return handler
        self._require(_bearer_token(handler_call_details))
        return handler

    def _require(self, token: str) -> None:
        if not hmac.compare_digest(token.encode(), self._operator_token):
            raise errors.UnauthenticatedError(
                errors.Reason.INVALID_TOKEN, "not this cloud's operator token; it is in the gateway's data folder"
            )


def _is_open(method: str, open_methods: Iterable[str]) -> bool:
    return method.startswith(_OPEN_PREFIXES) or method in open_methods


def _bearer_token(details: grpc.HandlerCallDetails) -> str:
    value = dict(details.invocation_metadata or ()).get("authorization", "")
    scheme, _, token = str(value).partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise errors.UnauthenticatedError(
            errors.Reason.MISSING_TOKEN, "the call needs the metadata `authorization: Bearer <token>`"
        )
    return token
