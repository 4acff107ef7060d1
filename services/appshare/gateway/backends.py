"""The services behind the gateway, as the gateway calls them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import grpc

from appshare.gateway.reads import DOWNLOAD_SERVICE, RADAR_SERVICE, READS, REGISTRY_SERVICE
from appshare.gateway.settings import GatewaySettings
from appshare.rpc.address import Addresses
from appshare.rpc.call import Callee, ChannelOptions, open_channel
from appshare.rpc.certificates import CertificateFiles
from appshare.rpc.renewed_channel import RenewedChannel
from appshare.rpc.service_config import service_options
from appshare.v1 import relation_radar_pb2_grpc, share_registry_pb2_grpc

RADAR = Callee("RelationRadar")
REGISTRY = Callee("ShareRegistry")
DOWNLOAD = Callee("AppDownload")

_FLOW: ChannelOptions = [
    # What a service may send ahead of each device's reading. By itself gRPC lets that grow with the speed of the
    # network, to megabytes for every device that reads slowly, and measures the speed for it all the time.
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", 512 * 1024),
]


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
            await stack.enter_async_context(_open(address, service, certificates))
            for service, address in (
                (RADAR_SERVICE, settings.relation_radar),
                (REGISTRY_SERVICE, settings.share_registry),
                (DOWNLOAD_SERVICE, settings.app_download),
            )
        ]
        yield Backends(
            radar=relation_radar_pb2_grpc.RelationRadarServiceStub(radar),
            registry=share_registry_pb2_grpc.ShareRegistryServiceStub(registry),
            download=download,
            channels={
                RADAR_SERVICE: radar,
                REGISTRY_SERVICE: registry,
                DOWNLOAD_SERVICE: download,
            },
        )


def _open(addresses: Addresses, service: str, certificates: CertificateFiles | None) -> grpc.aio.Channel:
    options = [*service_options(service, READS[service]), *_FLOW]
    if certificates is None:
        return open_channel(addresses.target, options)
    # The name in the certificates: of several addresses gRPC would take the whole list.
    named = [("grpc.default_authority", str(addresses.all[0])), *options]
    return RenewedChannel(addresses.target, certificates, named)
