"""The methods of a server, in one table."""

from collections.abc import Mapping, Sequence
from typing import Any

import grpc

from appshare.rpc.handlers import Handler


class Methods(grpc.GenericRpcHandler):
    """The handlers that services add, found by the method: what is added by name comes first, as in gRPC itself.

    It takes the place of a server in generated code. That would name each method to gRPC, which then waits for the
    calls of each by a task, and for all these tasks at every call: with thirty methods that costs as much as all that
    the interceptors do. On the other hand it takes up a call of each method in the same turns of the event loop, and
    of this table one call in all: few, where the turns are long because of streams.
    """

    def __init__(self) -> None:
        self._named: dict[str, Handler] = {}
        self._others: list[grpc.GenericRpcHandler] = []

    def add_registered_method_handlers(self, service_name: str, method_handlers: Mapping[str, Handler]) -> None:
        """Adds handlers by the names of a service's methods; one that is there already is replaced."""
        self._named |= {f"/{service_name}/{name}": handler for name, handler in method_handlers.items()}

    def add_generic_rpc_handlers(self, generic_rpc_handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        """Adds what finds handlers by itself; the first that has a method serves it."""
        self._others += generic_rpc_handlers

    def service(self, handler_call_details: Any) -> Handler:
        """The handler of a call's method; None: there is none."""
        named = self._named.get(handler_call_details.method)
        if named is not None:
            return named
        found = (other.service(handler_call_details) for other in self._others)
        return next((handler for handler in found if handler is not None), None)
