"""gRPC method handlers, taken apart and put together again by interceptors."""

from typing import Any, TypeAlias

import grpc

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any] | None"
"""None: the server has no such method."""


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
