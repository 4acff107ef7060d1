"""The cloud as a whole, as its operator sees it."""

import asyncio
from collections.abc import Iterator
from typing import TypeVar

import grpc

from appshare import errors
from appshare.gateway.backends import Backends
from appshare.gateway.settings import GatewaySettings
from appshare.process.status_servicer import process_settings, process_status
from appshare.rpc.call import Callee, remaining_time
from appshare.rpc.interceptor import Context
from appshare.v1 import operator_gateway_pb2 as pb
from appshare.v1 import operator_gateway_pb2_grpc
from appshare.v1.process_status_pb2 import ReadProcessSettingsRequest, ReadProcessStatusRequest
from appshare.v1.process_status_pb2_grpc import ProcessStatusServiceStub

Request = TypeVar("Request")
Response = TypeVar("Response")

_NAMES = {
    "appshare.v1.RelationRadarService": "relation-radar",
    "appshare.v1.ShareRegistryService": "share-registry",
    "appshare.v1.AppDownloadService": "app-download",
}
_OWN_NAME = "gateway"
_TIME_LIMIT = 2.0
"""Seconds after which a process is taken not to answer."""


class SystemServicer(operator_gateway_pb2_grpc.SystemServiceServicer):
    """Serves `SystemService`.

    Args:
        settings: of the gateway itself.
    """

    def __init__(self, backends: Backends, settings: GatewaySettings) -> None:
        self._channels = backends.channels
        self._settings = settings

    async def GetSystemStatus(self, request: pb.GetSystemStatusRequest, context: Context) -> pb.GetSystemStatusResponse:
        """Says how every process of the cloud does."""
        time_limit = _time_limit(context)
        asked = [_ask_status(name, stub, time_limit) for name, stub in self._stubs()]
        own, *others = await asyncio.gather(_own_status(), *asked)
        return pb.GetSystemStatusResponse(services=[own, *others])

    async def GetSystemSettings(
        self, request: pb.GetSystemSettingsRequest, context: Context
    ) -> pb.GetSystemSettingsResponse:
        """Says which settings are in force in every process."""
        time_limit = _time_limit(context)
        others = await asyncio.gather(*(_ask_settings(name, stub, time_limit) for name, stub in self._stubs()))
        own = pb.ServiceSettings(name=_OWN_NAME, settings=process_settings(self._settings))
        return pb.GetSystemSettingsResponse(services=[own, *others])

    def _stubs(self) -> Iterator[tuple[str, ProcessStatusServiceStub]]:
        for service, channel in self._channels.items():
            yield _NAMES[service], ProcessStatusServiceStub(channel)


async def _own_status() -> pb.ServiceStatus:
    return pb.ServiceStatus(name=_OWN_NAME, status=await asyncio.to_thread(process_status))


async def _ask_status(name: str, stub: ProcessStatusServiceStub, time_limit: float) -> pb.ServiceStatus:
    answer = await _ask(name, stub.ReadProcessStatus, ReadProcessStatusRequest(), time_limit)
    return pb.ServiceStatus(name=name, status=answer.status if answer else None)


async def _ask_settings(name: str, stub: ProcessStatusServiceStub, time_limit: float) -> pb.ServiceSettings:
    answer = await _ask(name, stub.ReadProcessSettings, ReadProcessSettingsRequest(), time_limit)
    return pb.ServiceSettings(name=name, settings=answer.settings if answer else None)


async def _ask(
    name: str, method: grpc.aio.UnaryUnaryMultiCallable[Request, Response], request: Request, time_limit: float
) -> Response | None:
    """What a process answers; None: it does not, or not in time."""
    try:
        return await Callee(name).unary(method, request, time_limit=time_limit)
    except (errors.UnavailableError, errors.DeadlineExceededError):
        return None


def _time_limit(context: Context) -> float:
    return min(_TIME_LIMIT, remaining_time(context))
