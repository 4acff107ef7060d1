"""Newer versions of what a device has: of the apps that friends share with it, and of no others."""

from collections.abc import Sequence

from appshare import errors
from appshare.gateway.authentication import calling_device
from appshare.gateway.backends import DOWNLOAD, REGISTRY, Backends
from appshare.gateway.forwarding import Forwarder
from appshare.gateway.people import find_friends
from appshare.rpc.call import remaining_time
from appshare.rpc.interceptor import Context
from appshare.v1 import app_download_pb2 as download_pb
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import share_registry_pb2 as registry_pb
from appshare.v1 import update_pb2


class UpdatesServicer:
    """The RPC by which a device learns of updates."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self._forward = Forwarder(backends.download, DOWNLOAD, "appshare.v1.AppDownloadService")

    async def CheckAppUpdates(self, request: pb.CheckAppUpdatesRequest, context: Context) -> pb.CheckAppUpdatesResponse:
        """Says for each of the apps of the device whether there is an update."""
        visible = await self._visible([app.package_name for app in request.installed], context)
        check = download_pb.CheckUpdatesRequest(
            installed=[app for app in request.installed if app.package_name in visible], profile=request.profile
        )
        answer = await self._forward.call("CheckUpdates", check.SerializeToString(), time_limit=remaining_time(context))
        found = {each.package_name: each for each in download_pb.CheckUpdatesResponse.FromString(answer).updates}
        return pb.CheckAppUpdatesResponse(
            updates=[found.get(app.package_name) or _nothing_to_do(app) for app in request.installed]
        )

    async def _visible(self, package_names: Sequence[str], context: Context) -> frozenset[str]:
        """Those of the apps that a friend shares with the device."""
        viewer = calling_device()
        friends, _ = await find_friends(self._backends, viewer, context)
        request = registry_pb.FilterVisibleAppsRequest(
            viewer_device_id=viewer, owners=friends, package_names=package_names
        )
        try:
            filtered = await REGISTRY.unary(
                self._backends.registry.FilterVisibleApps, request, time_limit=remaining_time(context)
            )
        except errors.InvalidArgumentError as error:
            error.field = error.field and error.field.replace("package_names", "installed", 1)
            raise
        return frozenset(filtered.package_names)


def _nothing_to_do(app: update_pb2.InstalledApp) -> update_pb2.AppUpdate:
    return update_pb2.AppUpdate(package_name=app.package_name, state=update_pb2.UPDATE_STATE_NONE)
