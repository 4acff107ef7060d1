"""The cloud as a whole, as its operator sees it."""

import asyncio

import grpc

from appshare import errors
from appshare.gateway.backends import Backends
from appshare.process.status_servicer import process_status
from appshare.rpc.call import Callee, remaining_time
from appshare.rpc.interceptor import Context
from appshare.v1 import operator_gateway_pb2 as pb
from appshare.v1 import operator_gateway_pb2_grpc
from appshare.v1.process_status_pb2 import ReadProcessStatusRequest
from appshare.v1.process_status_pb2_grpc import ProcessStatusServiceStub

_NAMES = {
    "appshare.v1.RelationRadarService": "relation-radar",
    "appshare.v1.ShareRegistryService": "share-registry",
    "appshare.v1.AppDownloadService": "app-download",
}
_TIME_LIMIT = 2.0
"""Seconds after which a process is taken not to answer."""


class SystemServicer(operator_gateway_pb2_grpc.SystemServiceServicer):
    """Serves `SystemService`."""

    def __init__(self, backends: Backends) -> None:
        self._channels = backends.channels

    async def GetSystemStatus(self, request: pb.GetSystemStatusRequest, context: Context) -> pb.GetSystemStatusResponse:
        """Says how every process of the cloud does."""
        time_limit = min(_TIME_LIMIT, remaining_time(context))
        asked = [_ask(_NAMES[service], channel, time_limit) for service, channel in self._channels.items()]
        own, *others = await asyncio.gather(_own_status(), *asked)
        return pb.GetSystemStatusResponse(services=[own, *others])


async def _own_status() -> pb.ServiceStatus:
    return pb.ServiceStatus(name="gateway", status=await asyncio.to_thread(process_status))


async def _ask(name: str, channel: grpc.aio.Channel, time_limit: float) -> pb.ServiceStatus:
    read = ProcessStatusServiceStub(channel).ReadProcessStatus
    try:
        response = await Callee(name).unary(read, ReadProcessStatusRequest(), time_limit=time_limit)
    except (errors.UnavailableError, errors.DeadlineExceededError):
        return pb.ServiceStatus(name=name)
    return pb.ServiceStatus(name=name, status=response.status)
