"""A gateway whose services are scripted, and a device that calls it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import structlog
from structlog.testing import LogCapture
from tests.unit.gateway.scripted import Calls, Scripted, serving

from appshare.gateway.__main__ import running
from appshare.gateway.settings import GatewaySettings
from appshare.rpc.address import Address
from appshare.rpc.call import Callee
from appshare.v1 import (
    app_download_pb2,
    device_gateway_pb2,
    operator_gateway_pb2,
    relation_radar_pb2,
    share_registry_pb2,
)
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import relation_radar_pb2 as radar_pb

GATEWAY = Callee("the gateway")
FREE = Address("127.0.0.1", 0)
SERVICES = {
    method.name: service.full_name
    for contract in (device_gateway_pb2, operator_gateway_pb2)
    for service in contract.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}


@dataclass
class Stage:
    """A gateway, the services behind it, and a device with a token.

    Attributes:
        calls: what the services were asked, all of them together.
        behind: where the services are.
    """

    radar: Scripted
    registry: Scripted
    download: Scripted
    calls: Calls
    logs: LogCapture
    stacks: dict[str, AsyncExitStack]
    channel: grpc.aio.Channel
    operator_channel: grpc.aio.Channel
    behind: dict[str, Address]
    token: str = ""
    operator_token: str = ""

    async def ask(self, request: Any) -> Any:
        """Calls the method of a request as the device `me`, or as the operator."""
        name = type(request).__name__.removesuffix("Request")
        return await GATEWAY.unary(self._method(name, "unary_unary"), request, metadata=self._credentials(name))

    def stream(self, request: Any) -> Any:
        """Calls a method that streams its answer."""
        name = type(request).__name__.removesuffix("Request")
        return GATEWAY.stream(self._method(name, "unary_stream"), request, metadata=self._credentials(name))

    @property
    def asked(self) -> list[str]:
        """The names of the methods that the services were asked, in order."""
        return [name for name, _ in self.calls]

    async def stop(self, service: str) -> None:
        await self.stacks[service].aclose()

    def _is_operators(self, name: str) -> bool:
        return name in ("RotateNumberKey", "GetNumberKeyRotation")

    def _credentials(self, name: str) -> tuple[tuple[str, str], ...]:
        token = self.operator_token if self._is_operators(name) else self.token
        return (("authorization", f"Bearer {token}"),)

    def _method(self, name: str, kind: str) -> Any:
        channel = self.operator_channel if self._is_operators(name) else self.channel
        contract = operator_gateway_pb2 if self._is_operators(name) else device_gateway_pb2
        return getattr(channel, kind)(
            f"/{SERVICES[name]}/{name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=getattr(contract, f"{name}Response").FromString,
        )


@asynccontextmanager
async def running_stage(data: Path) -> AsyncIterator[Stage]:
    """Runs the gateway with its data in a folder, and registers the device `me`."""
    logs, calls = LogCapture(), Calls()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, logs])
    scripted = {
        name: Scripted(contract.DESCRIPTOR.services_by_name[service], calls)
        for name, contract, service in (
            ("relation_radar", relation_radar_pb2, "RelationRadarService"),
            ("share_registry", share_registry_pb2, "ShareRegistryService"),
            ("app_download", app_download_pb2, "AppDownloadService"),
        )
    }
    async with AsyncExitStack() as stack:
        stacks = {name: await stack.enter_async_context(AsyncExitStack()) for name in scripted}
        behind = {name: await stacks[name].enter_async_context(serving(each)) for name, each in scripted.items()}
        settings = GatewaySettings(data=data, listen=FREE, operator_listen=FREE, **behind)
        addresses = await stack.enter_async_context(running(settings))
        channel, operator_channel = [
            await stack.enter_async_context(grpc.aio.insecure_channel(str(addresses[name])))
            for name in ("listen", "operator_listen")
        ]
        stage = Stage(*scripted.values(), calls, logs, stacks, channel, operator_channel, behind)
        stage.radar.answers["ConfirmRegistration"] = radar_pb.ConfirmRegistrationResponse(device_id="me")
        stage.token = (await stage.ask(pb.VerifyNumberRequest())).session.access_token
        stage.operator_token = (data / "gateway" / "operator.token").read_text(encoding="utf-8").strip()
        calls.clear()
        yield stage
    structlog.reset_defaults()
