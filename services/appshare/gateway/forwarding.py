"""Calls that are passed on as bytes: messages that are the same on both sides are neither read nor built again."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import grpc

from appshare.rpc.call import Callee, remaining_time
from appshare.rpc.handlers import Handler
from appshare.rpc.interceptor import Context

_IDLE_LIMIT = 60.0
"""Seconds in which a service must send the next message of a stream, or take the next one of an upload."""


class Forwarder:
    """Makes handlers that pass calls on to a service.

    Args:
        callee: the service, for error messages.
        service: its full name in the protos.
    """

    def __init__(self, channel: grpc.aio.Channel, callee: Callee, service: str) -> None:
        self._channel = channel
        self._callee = callee
        self._service = service
        self._calls: dict[str, Any] = {}

    async def call(self, method: str, request: bytes, *, time_limit: float) -> bytes:
        """Calls a method that takes one message and gives one."""
        if method not in self._calls:
            self._calls[method] = self._channel.unary_unary(self._path(method))
        answer: bytes = await self._callee.unary(self._calls[method], request, time_limit=time_limit)
        return answer

    def unary(self, method: str) -> Handler:
        """A handler for a method that takes one message and gives one."""

        async def forward(request: bytes, context: Context) -> bytes:
            return await self.call(method, request, time_limit=remaining_time(context))

        return grpc.unary_unary_rpc_method_handler(forward)

    def upload(self, method: str) -> Handler:
        """A handler for a method that takes a stream and gives one message."""
        call: Any = self._channel.stream_unary(self._path(method))

        async def forward(requests: AsyncIterator[bytes], _context: Context) -> bytes:
            answer: bytes = await self._callee.upload(call, requests, idle_limit=_IDLE_LIMIT)
            return answer

        return grpc.stream_unary_rpc_method_handler(forward)

    def stream(self, method: str) -> Handler:
        """A handler for a method that takes one message and gives a stream."""

        def forward(request: bytes, _context: Context) -> AsyncGenerator[bytes, None]:
            return self.download(method, request)

        return grpc.unary_stream_rpc_method_handler(forward)

    def download(self, method: str, request: bytes) -> AsyncGenerator[bytes, None]:
        """Calls a method that gives a stream; closing the iterator cancels the call."""
        call: Any = self._channel.unary_stream(self._path(method))
        return self._callee.stream(call, request, idle_limit=_IDLE_LIMIT)

    def _path(self, method: str) -> str:
        return f"/{self._service}/{method}"
