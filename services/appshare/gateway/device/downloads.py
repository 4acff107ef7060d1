"""Apps of others in the build that fits: bound to a share, the bytes passed on as they are."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc

from appshare.gateway.authentication import calling_device
from appshare.gateway.backends import DOWNLOAD, REGISTRY, Backends
from appshare.gateway.forwarding import Forwarder
from appshare.gateway.people import as_owners, find_devices, find_friends, not_shared
from appshare.rpc.call import remaining_time
from appshare.rpc.fields import require_text
from appshare.rpc.interceptor import Context
from appshare.v1 import app_download_pb2 as download_pb
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import share_registry_pb2 as registry_pb

SERVICE = "appshare.v1.DownloadService"


class DownloadServicer:
    """Serves `DownloadService`; the answers of AppDownload are sent on unread."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self._forward = Forwarder(backends.download, DOWNLOAD, "appshare.v1.AppDownloadService")

    def add_to(self, server: grpc.aio.Server) -> None:
        """Adds the service to a server."""
        handlers: dict[str, Any] = {
            "MatchApp": grpc.unary_unary_rpc_method_handler(
                self.MatchApp, request_deserializer=pb.MatchAppRequest.FromString
            ),
            "DownloadApp": grpc.unary_stream_rpc_method_handler(
                self.DownloadApp,
                request_deserializer=pb.DownloadAppRequest.FromString,
            ),
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))

    async def MatchApp(self, request: pb.MatchAppRequest, context: Context) -> bytes:
        """Says which build of a shared app fits."""
        await self._require_shared(request, context)
        match = download_pb.MatchRequest(package_name=request.package_name, profile=request.profile)
        return await self._forward.call("Match", match.SerializeToString(), time_limit=remaining_time(context))

    async def DownloadApp(self, request: pb.DownloadAppRequest, context: Context) -> AsyncIterator[bytes]:
        """Streams the build of a shared app that fits."""
        await self._require_shared(request, context)
        download = download_pb.DownloadRequest(
            package_name=request.package_name,
            profile=request.profile,
            resume=request.resume,
            only=request.only if request.HasField("only") else None,
        )
        async with aclosing(self._forward.download("Download", download.SerializeToString())) as messages:
            async for message in messages:
                yield message

    async def _require_shared(self, request: pb.MatchAppRequest | pb.DownloadAppRequest, context: Context) -> None:
        viewer = calling_device()
        require_text(request.package_name, "package_name")
        share = await REGISTRY.unary(
            self._backends.registry.FindVisibleShare,
            registry_pb.FindVisibleShareRequest(
                viewer_device_id=viewer,
                owners=await self._owners(viewer, request, context),
                package_name=request.package_name,
            ),
            time_limit=remaining_time(context),
        )
        if not share.HasField("share"):
            raise not_shared()

    async def _owners(
        self, viewer: str, request: pb.MatchAppRequest | pb.DownloadAppRequest, context: Context
    ) -> list[registry_pb.RelatedDevice]:
        """The devices of the owner whom the request names, else of all friends."""
        if not request.HasField("owner"):
            friends, _ = await find_friends(self._backends, viewer, context)
            return friends
        found = await find_devices(self._backends, viewer, request.owner, "owner", time_limit=remaining_time(context))
        return as_owners(found)
