"""What a device shares, sees of others, and pushes."""

from appshare.gateway.backends import Backends
from appshare.gateway.device.own_apps import OwnAppsServicer
from appshare.gateway.device.pushes import PushesServicer
from appshare.gateway.device.shared_lists import SharedListsServicer
from appshare.gateway.owners import OwnersAsked
from appshare.v1 import device_gateway_pb2_grpc


class SharingServicer(
    OwnAppsServicer, SharedListsServicer, PushesServicer, device_gateway_pb2_grpc.SharingServiceServicer
):
    """Serves `SharingService`, a class for each of its topics."""

    def __init__(self, backends: Backends, owners: OwnersAsked) -> None:
        OwnAppsServicer.__init__(self, backends)
        SharedListsServicer.__init__(self, backends, owners)
        PushesServicer.__init__(self, backends)
