"""The apps of a device, and with whom they are shared."""

from appshare.gateway.authentication import calling_device
from appshare.gateway.backends import REGISTRY, Backends
from appshare.gateway.doubts import Doubts
from appshare.rpc.call import remaining_time
from appshare.rpc.fields import invalid_field
from appshare.rpc.interceptor import Context
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import share_registry_pb2 as registry_pb


class OwnAppsServicer:
    """The RPCs by which a device says what it shares; downloads that run then may have to end."""

    def __init__(self, backends: Backends, doubts: Doubts) -> None:
        self._registry = backends.registry
        self._doubts = doubts

    async def PublishApps(self, request: pb.PublishAppsRequest, context: Context) -> pb.PublishAppsResponse:
        """Replaces or changes the apps of the device."""
        publish = registry_pb.PublishInventoryRequest(device_id=calling_device())
        match request.WhichOneof("change"):
            case "full":
                publish.full.CopyFrom(request.full)
            case "delta":
                publish.delta.CopyFrom(request.delta)
            case _:
                raise invalid_field("change", "say what changes: `full` or `delta`")
        published = await REGISTRY.unary(self._registry.PublishInventory, publish, time_limit=remaining_time(context))
        if request.HasField("full") or request.delta.removed_package_names:
            self._doubts.about([publish.device_id])
        return pb.PublishAppsResponse(app_count=published.app_count)

    async def SetAudiences(self, request: pb.SetAudiencesRequest, context: Context) -> pb.SetAudiencesResponse:
        """Says with whom apps are shared."""
        change = registry_pb.ChangeAudiencesRequest(device_id=calling_device(), changes=request.changes)
        await REGISTRY.unary(self._registry.ChangeAudiences, change, time_limit=remaining_time(context))
        self._doubts.about([change.device_id])
        return pb.SetAudiencesResponse()

    async def GetDefaultAudience(
        self, request: pb.GetDefaultAudienceRequest, context: Context
    ) -> pb.GetDefaultAudienceResponse:
        """Reads the audience that new apps get."""
        read = await REGISTRY.unary(
            self._registry.ReadDefaultAudience,
            registry_pb.ReadDefaultAudienceRequest(device_id=calling_device()),
            time_limit=remaining_time(context),
        )
        return pb.GetDefaultAudienceResponse(audience=read.audience)

    async def SetDefaultAudience(
        self, request: pb.SetDefaultAudienceRequest, context: Context
    ) -> pb.SetDefaultAudienceResponse:
        """Sets the audience that new apps get."""
        write = registry_pb.WriteDefaultAudienceRequest(device_id=calling_device(), audience=request.audience)
        await REGISTRY.unary(self._registry.WriteDefaultAudience, write, time_limit=remaining_time(context))
        return pb.SetDefaultAudienceResponse()

    async def ListMyApps(self, request: pb.ListMyAppsRequest, context: Context) -> pb.ListMyAppsResponse:
        """Lists the device's own apps."""
        listed = await REGISTRY.unary(
            self._registry.ListInventory,
            registry_pb.ListInventoryRequest(
                device_id=calling_device(), page_size=request.page_size, page_token=request.page_token
            ),
            time_limit=remaining_time(context),
        )
        return pb.ListMyAppsResponse(apps=listed.apps, next_page_token=listed.next_page_token)
