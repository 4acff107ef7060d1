"""What a device shares, sees of others, and pushes."""

from appshare.gateway.authentication import calling_device
from appshare.gateway.backends import REGISTRY, Backends
from appshare.gateway.device.friends import MAX_PEOPLE
from appshare.gateway.people import as_owners, as_viewers, find_devices, find_devices_of_all, not_shared
from appshare.rpc.call import remaining_time
from appshare.rpc.fields import invalid_field
from appshare.rpc.interceptor import Context
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import device_gateway_pb2_grpc
from appshare.v1 import share_registry_pb2 as registry_pb
from appshare.v1.share_pb2 import PUSH_OUTCOME_ACCEPTED, PUSH_OUTCOME_REFUSED


class SharingServicer(device_gateway_pb2_grpc.SharingServiceServicer):
    """Serves `SharingService`."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self._registry = backends.registry

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
        return pb.PublishAppsResponse(app_count=published.app_count)

    async def SetAudiences(self, request: pb.SetAudiencesRequest, context: Context) -> pb.SetAudiencesResponse:
        """Says with whom apps are shared."""
        change = registry_pb.ChangeAudiencesRequest(device_id=calling_device(), changes=request.changes)
        await REGISTRY.unary(self._registry.ChangeAudiences, change, time_limit=remaining_time(context))
        return pb.SetAudiencesResponse()

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

    async def ListShares(self, request: pb.ListSharesRequest, context: Context) -> pb.ListSharesResponse:
        """Lists what a person shares with the device."""
        viewer = calling_device()
        found = await find_devices(self._backends, viewer, request.owner, time_limit=remaining_time(context))
        listed = await REGISTRY.unary(
            self._registry.ListVisibleShares,
            registry_pb.ListVisibleSharesRequest(
                viewer_device_id=viewer,
                owners=as_owners(found),
                page_size=request.page_size,
                page_token=request.page_token,
            ),
            time_limit=remaining_time(context),
        )
        if not listed.shares and not request.page_token:
            raise not_shared()
        return pb.ListSharesResponse(shares=listed.shares, next_page_token=listed.next_page_token)

    async def PushShares(self, request: pb.PushSharesRequest, context: Context) -> pb.PushSharesResponse:
        """Pushes what the device shares to friends."""
        if not 0 < len(request.recipients) <= MAX_PEOPLE:
            raise invalid_field("recipients", f"name 1 to {MAX_PEOPLE} people")
        sender = calling_device()
        found = await find_devices_of_all(
            self._backends, sender, request.recipients, time_limit=remaining_time(context)
        )
        viewers = {each.device_id: each for person in found for each in as_viewers(person)}
        delivered = await REGISTRY.unary(
            self._registry.DeliverPush,
            registry_pb.DeliverPushRequest(
                sender_device_id=sender,
                recipients=viewers.values(),
                package_names=request.package_names,
                note=request.note,
                request_id=request.request_id,
            ),
            time_limit=remaining_time(context),
        )
        outcomes = dict(zip(viewers, delivered.outcomes, strict=True))
        return pb.PushSharesResponse(
            outcomes=[
                # A person has it when one of their devices has it.
                PUSH_OUTCOME_ACCEPTED
                if any(outcomes[each.device_id] == PUSH_OUTCOME_ACCEPTED for each in person)
                else PUSH_OUTCOME_REFUSED
                for person in found
            ]
        )

    async def GetPushPreference(
        self, request: pb.GetPushPreferenceRequest, context: Context
    ) -> pb.GetPushPreferenceResponse:
        """Reads from whom the device accepts pushes."""
        read = await REGISTRY.unary(
            self._registry.ReadPushPreference,
            registry_pb.ReadPushPreferenceRequest(device_id=calling_device()),
            time_limit=remaining_time(context),
        )
        return pb.GetPushPreferenceResponse(preference=read.preference)

    async def SetPushPreference(
        self, request: pb.SetPushPreferenceRequest, context: Context
    ) -> pb.SetPushPreferenceResponse:
        """Says from whom the device accepts pushes."""
        await REGISTRY.unary(
            self._registry.WritePushPreference,
            registry_pb.WritePushPreferenceRequest(device_id=calling_device(), preference=request.preference),
            time_limit=remaining_time(context),
        )
        return pb.SetPushPreferenceResponse()
