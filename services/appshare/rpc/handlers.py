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


def with_behavior(handler: Any, behavior: Any) -> Handler:
    """A handler of the same kind and messages with another function."""
    make = getattr(grpc, f"{_kind(handler)}_rpc_method_handler")
    made: Handler = make(behavior, handler.request_deserializer, handler.response_serializer)
    return made


def taking_bytes(handler: Any, behavior: Any) -> Handler:
    """A handler that answers as the other does, and whose function is called before a message has come.

    It takes a stream of messages, each as it comes from the wire, also where callers send one: gRPC would wait for that
    one without a limit, and without telling anybody.
    """
    make = grpc.stream_stream_rpc_method_handler if handler.response_streaming else grpc.stream_unary_rpc_method_handler
    made: Handler = make(behavior, None, handler.response_serializer)
    return made


def _kind(handler: Any) -> str:
    request = "stream" if handler.request_streaming else "unary"
    response = "stream" if handler.response_streaming else "unary"
    return f"{request}_{response}"
