"""The services behind the gateway, as the gateway calls them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import grpc

from appshare.gateway.settings import GatewaySettings
from appshare.rpc.call import Callee, open_channel
from appshare.rpc.certificates import CertificateFiles
from appshare.rpc.renewed_channel import RenewedChannel
from appshare.v1 import relation_radar_pb2_grpc, share_registry_pb2_grpc

RADAR = Callee("RelationRadar")
REGISTRY = Callee("ShareRegistry")
DOWNLOAD = Callee("AppDownload")


@dataclass(frozen=True)
class Backends:
    """Stubs of the services; AppDownload's channel, for messages passed on as bytes; each channel by its service."""

    radar: relation_radar_pb2_grpc.RelationRadarServiceStub
    registry: share_registry_pb2_grpc.ShareRegistryServiceStub
    download: grpc.aio.Channel
    channels: Mapping[str, grpc.aio.Channel]


@asynccontextmanager
async def open_backends(settings: GatewaySettings) -> AsyncIterator[Backends]:
    """Opens a channel to each service; a service that is down is connected when it comes back.

    Raises:
        UnusableCertificateError: the gateway's own certificate cannot be used.
    """
    certificates = settings.services_certificates()
    async with AsyncExitStack() as stack:
        radar, registry, download = [
            await stack.enter_async_context(_open(str(address), certificates))
            for address in (settings.relation_radar, settings.share_registry, settings.app_download)
        ]
        yield Backends(
            radar=relation_radar_pb2_grpc.RelationRadarServiceStub(radar),
            registry=share_registry_pb2_grpc.ShareRegistryServiceStub(registry),
            download=download,
            channels={
                "appshare.v1.RelationRadarService": radar,
                "appshare.v1.ShareRegistryService": registry,
                "appshare.v1.AppDownloadService": download,
            },
        )


def _open(address: str, certificates: CertificateFiles | None) -> grpc.aio.Channel:
    return RenewedChannel(address, certificates) if certificates else open_channel(address)
