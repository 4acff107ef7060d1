"""What a device shares, sees of others, and pushes."""

from typing import Any

import grpc

from appshare.gateway.backends import Backends
from appshare.gateway.device.own_apps import OwnAppsServicer
from appshare.gateway.device.pushes import PushesServicer
from appshare.gateway.device.shared_lists import SharedListsServicer
from appshare.gateway.doubts import Doubts
from appshare.gateway.owners import OwnersAsked
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import device_gateway_pb2_grpc

SERVICE = "appshare.v1.SharingService"


class SharingServicer(
    OwnAppsServicer, SharedListsServicer, PushesServicer, device_gateway_pb2_grpc.SharingServiceServicer
):
    """Serves `SharingService`, a class for each of its topics."""

    def __init__(self, backends: Backends, doubts: Doubts, owners: OwnersAsked) -> None:
        OwnAppsServicer.__init__(self, backends, doubts)
        SharedListsServicer.__init__(self, backends, owners)
        PushesServicer.__init__(self, backends)

    def add_to(self, server: grpc.aio.Server) -> None:
        """Adds the service to a server; the registry's lists of a person are sent on unread."""
        device_gateway_pb2_grpc.add_SharingServiceServicer_to_server(self, server)
        handler: Any = grpc.unary_unary_rpc_method_handler(self.ListShares, pb.ListSharesRequest.FromString)
        server.add_registered_method_handlers(SERVICE, {"ListShares": handler})
