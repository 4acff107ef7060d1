"""What stands in for the services behind the gateway: real gRPC servers that answer as a test says."""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass

from appshare import errors
from appshare.rpc.address import Address
from appshare.rpc.server import Service, running_server

ANYWHERE = Address("127.0.0.1", 0)

Calls = list[tuple[str, Any]]
"""What the services were asked, in order: names of methods and requests."""


@dataclass
class Scripted:
    """Every method of a service; it answers with an empty message unless a test says otherwise.

    Attributes:
        answers: by method a message, an error, a function, which may be a coroutine function, that makes one of the
            request, or a list or an asynchronous generator function of messages for a stream.
    """

    service: ServiceDescriptor
    calls: Calls
    answers: dict[str, Any] = field(default_factory=dict)

    def asked(self, method: str) -> list[Any]:
        """The requests that came for a method."""
        return [request for name, request in self.calls if name == method]

    def as_service(self) -> Service:
        handlers = {method.name: self._handler(method) for method in self.service.methods}
        generic = grpc.method_handlers_generic_handler(self.service.full_name, handlers)
        return Service(self.service.full_name, lambda server: server.add_generic_rpc_handlers((generic,)))

    def _handler(self, method: MethodDescriptor) -> Any:
        proto = descriptor_pb2.MethodDescriptorProto()
        method.CopyToProto(proto)
        make = grpc.unary_stream_rpc_method_handler if proto.server_streaming else grpc.unary_unary_rpc_method_handler
        answer = self._stream(method) if proto.server_streaming else self._unary(method)
        return make(answer, GetMessageClass(method.input_type).FromString, lambda message: message.SerializeToString())

    def _unary(self, method: MethodDescriptor) -> Callable[..., Awaitable[Any]]:
        async def answer(request: Any, _context: Any) -> Any:
            found = self._answer(method, request)
            return await found if inspect.isawaitable(found) else found

        return answer

    def _stream(self, method: MethodDescriptor) -> Callable[..., AsyncIterator[Any]]:
        async def answer(request: Any, _context: Any) -> AsyncIterator[Any]:
            messages = self._answer(method, request)
            if isinstance(messages, list):
                for message in messages:
                    if isinstance(message, errors.AppShareError):
                        raise message
                    yield message
            elif hasattr(messages, "__aiter__"):
                async for message in messages:
                    yield message

        return answer

    def _answer(self, method: MethodDescriptor, request: Any) -> Any:
        self.calls.append((method.name, request))
        answer = self.answers.get(method.name, GetMessageClass(method.output_type)())
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, errors.AppShareError):
            raise answer
        return answer


@asynccontextmanager
async def serving(scripted: Scripted, at: Address = ANYWHERE) -> AsyncIterator[Address]:
    """Runs a server with the service."""
    async with running_server(at, [scripted.as_service()]) as address:
        yield address
