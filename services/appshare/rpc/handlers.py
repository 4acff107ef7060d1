"""gRPC method handlers, taken apart and put together again by interceptors."""

from collections.abc import Callable
from typing import Any, TypeAlias

import grpc

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any] | None"
"""None: the server has no such method."""


class WrappedOnce:
    """Handlers by the method, each wrapped at its first call: a service gives the same one for every call of a method.

    Args:
        wrap: makes a handler of another and its method.
    """

    def __init__(self, wrap: Callable[[Any, str], Handler]) -> None:
        self._wrap = wrap
        self._wrapped: dict[str, tuple[Any, Handler]] = {}

    def __call__(self, handler: Any, method: str) -> Handler:
        """The wrapped handler."""
        known, wrapped = self._wrapped.get(method, (None, None))
        if known is not handler:
            wrapped = self._wrap(handler, method)
            self._wrapped[method] = handler, wrapped
        return wrapped


def behavior_of(handler: Any) -> Any:
    """The function that answers the calls of a handler."""
    return getattr(handler, _kind(handler))


def with_behavior(handler: Any, behavior: Any, *, takes_bytes: bool = False) -> Handler:
    """A handler of the same kind and messages with another function.

    Args:
        takes_bytes: the function wants requests as they come from the wire.
    """
    make = getattr(grpc, f"{_kind(handler)}_rpc_method_handler")
    made: Handler = make(behavior, None if takes_bytes else handler.request_deserializer, handler.response_serializer)
    return made


def _kind(handler: Any) -> str:
    request = "stream" if handler.request_streaming else "unary"
    response = "stream" if handler.response_streaming else "unary"
    return f"{request}_{response}"
