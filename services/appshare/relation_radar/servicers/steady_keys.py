"""No number's key changes while a call carries it."""

from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from appshare.relation_radar.numbers import NumberKeys
from appshare.rpc.handlers import Handler, WrappedOnce, behavior_of, with_behavior
from appshare.rpc.interceptor import Context

_SERVICE = "/appshare.v1.RelationRadarService/"
_SENDS_A_CODE = "StartRegistration"
"""Can take long; the registrar sees to it by itself."""


class SteadyKeys(grpc.aio.ServerInterceptor):
    """Runs the calls of the service, but not its streams, while the keys stay as they are."""

    def __init__(self, number_keys: NumberKeys) -> None:
        self._number_keys = number_keys
        self._wrapped = WrappedOnce(self._steady)

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        """Wraps the handlers that answer with one message."""
        handler = await continuation(handler_call_details)
        service, _, method = str(handler_call_details.method).rpartition("/")
        if handler is None or handler.response_streaming or f"{service}/" != _SERVICE or method == _SENDS_A_CODE:
            return handler
        return self._wrapped(handler, method)

    def _steady(self, handler: Any, _method: str) -> Handler:
        behavior = behavior_of(handler)

        async def handle(request: Any, context: Context) -> Any:
            async with self._number_keys.steady():
                return await behavior(request, context)

        return with_behavior(handler, handle)
