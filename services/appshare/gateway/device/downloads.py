"""Apps of others in the build that fits: bound to a share, the bytes passed on as they are."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Any

import grpc

from appshare.gateway.authentication import calling_device
from appshare.gateway.backends import DOWNLOAD, REGISTRY, Backends
from appshare.gateway.device.app_search import AppSearchServicer
from appshare.gateway.device.updates import UpdatesServicer
from appshare.gateway.doubts import Doubts
from appshare.gateway.forwarding import Forwarder
from appshare.gateway.owners import Owners, OwnersAsked
from appshare.gateway.people import find_friends, not_shared
from appshare.gateway.under_way import under_way
from appshare.rpc.call import remaining_time
from appshare.rpc.fields import require_text
from appshare.rpc.interceptor import Context
from appshare.v1 import app_download_pb2 as download_pb
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import share_registry_pb2 as registry_pb

SERVICE = "appshare.v1.DownloadService"


class DownloadServicer:
    """Serves `DownloadService`; the answers of AppDownload are sent on unread.

    Args:
        public_search: whether apps that only the public upstreams list are found by name.
    """

    def __init__(self, backends: Backends, doubts: Doubts, owners: OwnersAsked, *, public_search: bool) -> None:
        self._doubts = doubts
        self._owners = owners
        self._backends = backends
        self._forward = Forwarder(backends.download, DOWNLOAD, "appshare.v1.AppDownloadService")
        self._updates = UpdatesServicer(backends)
        self._search = AppSearchServicer(backends, public=public_search)

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
            "CheckAppUpdates": grpc.unary_unary_rpc_method_handler(
                self._updates.CheckAppUpdates,
                request_deserializer=pb.CheckAppUpdatesRequest.FromString,
                response_serializer=pb.CheckAppUpdatesResponse.SerializeToString,
            ),
            "SearchByName": grpc.unary_unary_rpc_method_handler(
                self._search.SearchByName,
                request_deserializer=pb.SearchByNameRequest.FromString,
                response_serializer=pb.SearchByNameResponse.SerializeToString,
            ),
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))

    async def MatchApp(self, request: pb.MatchAppRequest, context: Context) -> bytes:
        """Says which build of a shared app fits."""
        match = download_pb.MatchRequest(
            package_name=require_text(request.package_name, "package_name"),
            profile=request.profile,
            modules=request.modules,
        )
        ask = partial(self._forward.call, "Match", match.SerializeToString())
        if not self._owners.shared_before(calling_device(), request.owner):
            await self._require_shared(request, context)
            return await ask(time_limit=remaining_time(context))
        async with under_way(ask(time_limit=remaining_time(context))) as answer:
            await self._require_shared(request, context)
            return await answer

    async def DownloadApp(self, request: pb.DownloadAppRequest, context: Context) -> AsyncIterator[bytes]:
        """Streams the build of a shared app that fits."""
        download = download_pb.DownloadRequest(
            package_name=require_text(request.package_name, "package_name"),
            profile=request.profile,
            resume=request.resume,
            modules=request.modules,
            only=request.only if request.HasField("only") else None,
        )
        owners = await self._require_shared(request, context)
        concerned = {calling_device(), *(owner.device_id for owner in owners)}
        with self._doubts.standing(concerned, partial(self._require_shared, request, context)) as standing:
            async with aclosing(self._forward.download("Download", download.SerializeToString())) as messages:
                async for message in messages:
                    standing.require()
                    yield message

    async def _require_shared(self, request: pb.MatchAppRequest | pb.DownloadAppRequest, context: Context) -> Owners:
        """The devices of whom the app may be from, when one of them shares it."""
        viewer = calling_device()
        asked: Owners = ()

        async def find(owners: Owners) -> bool:
            nonlocal asked
            asked = owners
            wanted = registry_pb.FindVisibleShareRequest(
                viewer_device_id=viewer, owners=owners, package_name=request.package_name
            )
            found = await REGISTRY.unary(
                self._backends.registry.FindVisibleShare, wanted, time_limit=remaining_time(context)
            )
            return found.HasField("share")

        if request.HasField("owner"):
            await self._owners.ask(viewer, request.owner, context, find, bool)
            return asked
        friends, _ = await find_friends(self._backends, viewer, context)
        if not await find(friends):
            raise not_shared()
        return asked
