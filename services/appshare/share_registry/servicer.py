"""The wire of ShareRegistry: requests become domain calls, results become responses."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from appshare.rpc import paging
from appshare.rpc.fields import invalid_field, require_length
from appshare.rpc.interceptor import Context
from appshare.share_registry import wire
from appshare.share_registry.deletion import Deletions
from appshare.share_registry.inboxes import Inboxes
from appshare.share_registry.installs import Installs
from appshare.share_registry.merged_shares import MergedShares
from appshare.share_registry.metrics import PUSHES
from appshare.share_registry.model import Heartbeat, InboxEvent
from appshare.share_registry.pushes import Pushes
from appshare.share_registry.registry import Registry
from appshare.v1 import inbox_pb2, share_registry_pb2_grpc
from appshare.v1 import share_registry_pb2 as pb

_BEFORE_FIRST_APP = ("",)
_BEFORE_FIRST_SHARE = ("", "")


class ShareRegistryServicer(share_registry_pb2_grpc.ShareRegistryServiceServicer):
    """Serves `ShareRegistryService`."""

    def __init__(
        self,
        registry: Registry,
        merged_shares: MergedShares,
        pushes: Pushes,
        installs: Installs,
        inboxes: Inboxes,
        deletions: Deletions,
    ) -> None:
        self._registry = registry
        self._merged_shares = merged_shares
        self._pushes = pushes
        self._installs = installs
        self._inboxes = inboxes
        self._deletions = deletions

    async def PublishInventory(
        self, request: pb.PublishInventoryRequest, context: Context
    ) -> pb.PublishInventoryResponse:
        """Replaces or changes the apps that a device has."""
        device_id = wire.read_device_id(request.device_id, "device_id")
        match request.WhichOneof("change"):
            case "full":
                apps = wire.read_apps(request.full.apps, "full.apps")
                count = await self._registry.replace_inventory(device_id, apps)
            case "delta":
                upserted, removed = wire.read_delta(request.delta, "delta")
                count = await self._registry.change_inventory(device_id, upserted, removed)
            case _:
                raise invalid_field("change", "say what changes: `full` or `delta`")
        return pb.PublishInventoryResponse(app_count=count)

    async def ChangeAudiences(self, request: pb.ChangeAudiencesRequest, context: Context) -> pb.ChangeAudiencesResponse:
        """Sets the audiences of apps."""
        device_id = wire.read_device_id(request.device_id, "device_id")
        await self._registry.change_audiences(device_id, wire.read_audiences(request.changes, "changes"))
        return pb.ChangeAudiencesResponse()

    async def ReadDefaultAudience(
        self, request: pb.ReadDefaultAudienceRequest, context: Context
    ) -> pb.ReadDefaultAudienceResponse:
        """Reads the audience that new apps of a device get."""
        audience = await self._registry.default_audience(wire.read_device_id(request.device_id, "device_id"))
        return pb.ReadDefaultAudienceResponse(audience=wire.write_audience(audience))

    async def WriteDefaultAudience(
        self, request: pb.WriteDefaultAudienceRequest, context: Context
    ) -> pb.WriteDefaultAudienceResponse:
        """Sets the audience that new apps of a device get."""
        device_id = wire.read_device_id(request.device_id, "device_id")
        await self._registry.change_default_audience(device_id, wire.read_audience(request.audience, "audience"))
        return pb.WriteDefaultAudienceResponse()

    async def ListInventory(self, request: pb.ListInventoryRequest, context: Context) -> pb.ListInventoryResponse:
        """Lists a device's own apps with their audiences."""
        device_id = wire.read_device_id(request.device_id, "device_id")
        (after,) = paging.decode_token(request.page_token, str) or _BEFORE_FIRST_APP
        page = await self._registry.inventory(device_id, str(after), paging.page_size(request.page_size))
        return pb.ListInventoryResponse(
            apps=map(wire.write_inventory_app, page.items),
            next_page_token=paging.encode_token(page.items[-1].app.package_name) if page.more else "",
        )

    async def ListVisibleShares(
        self, request: pb.ListVisibleSharesRequest, context: Context
    ) -> pb.ListVisibleSharesResponse:
        """Lists the shares of owners that a viewer may see."""
        viewer_id = wire.read_device_id(request.viewer_device_id, "viewer_device_id")
        owners = wire.read_related_devices(request.owners, "owners")
        known = require_length(request.known_list_version, "known_list_version", 64)
        after, version = paging.decode_token(request.page_token, str, str), ""
        if after is None:
            # Before the list is read: see `list_version`.
            version = await self._registry.list_version(viewer_id, owners)
            if version and version == known:
                return pb.ListVisibleSharesResponse(list_version=version, unchanged=True)
        owner_id, package_name = after or _BEFORE_FIRST_SHARE
        page = await self._registry.visible_shares(
            viewer_id, owners, (str(owner_id), str(package_name)), paging.page_size(request.page_size)
        )
        response = pb.ListVisibleSharesResponse(list_version=version)
        wire.add_shares(response.shares, page.items)
        if page.more:
            response.next_page_token = paging.encode_token(page.items[-1].owner_id, page.items[-1].app.package_name)
        return response

    async def ListMergedShares(
        self, request: pb.ListMergedSharesRequest, context: Context
    ) -> pb.ListMergedSharesResponse:
        """Lists what all of a viewer's friends share."""
        page = await self._merged_shares.page(
            wire.read_device_id(request.viewer_device_id, "viewer_device_id"),
            wire.read_merged_owners(request.owners, "owners"),
            wire.read_search(request.search, "search"),
            wire.read_merged_token(request.page_token),
            paging.page_size(request.page_size),
        )
        return pb.ListMergedSharesResponse(
            shares=map(wire.write_merged_share, page.items),
            next_page_token=wire.write_merged_token(page),
        )

    async def FindMergedShares(
        self, request: pb.FindMergedSharesRequest, context: Context
    ) -> pb.FindMergedSharesResponse:
        """Finds apps in what all of a viewer's friends share."""
        page = await self._merged_shares.search(
            wire.read_device_id(request.viewer_device_id, "viewer_device_id"),
            wire.read_merged_owners(request.owners, "owners"),
            wire.read_name_search(request),
            paging.page_size(request.limit),
        )
        return pb.FindMergedSharesResponse(shares=map(wire.write_merged_share, page.items), truncated=page.more)

    async def FindVisibleShare(
        self, request: pb.FindVisibleShareRequest, context: Context
    ) -> pb.FindVisibleShareResponse:
        """Finds one app among the shares of owners that a viewer may see."""
        share = await self._registry.find_visible_share(
            wire.read_device_id(request.viewer_device_id, "viewer_device_id"),
            wire.read_related_devices(request.owners, "owners"),
            wire.read_package_name(request.package_name, "package_name"),
        )
        return pb.FindVisibleShareResponse(share=wire.write_share(share) if share else None)

    async def FilterVisibleApps(
        self, request: pb.FilterVisibleAppsRequest, context: Context
    ) -> pb.FilterVisibleAppsResponse:
        """Says which of some apps a viewer may see."""
        visible = await self._registry.visible_names(
            wire.read_device_id(request.viewer_device_id, "viewer_device_id"),
            wire.read_related_devices(request.owners, "owners"),
            wire.read_wanted_names(request.package_names, "package_names"),
        )
        return pb.FilterVisibleAppsResponse(package_names=sorted(visible))

    async def DeliverPush(self, request: pb.DeliverPushRequest, context: Context) -> pb.DeliverPushResponse:
        """Puts a push into the inbox of every recipient that accepts it."""
        delivery = await self._pushes.deliver(
            wire.read_push(request),
            wire.read_related_devices(request.recipients, "recipients"),
            require_length(request.request_id, "request_id", 64),
        )
        for outcome in delivery.outcomes:
            PUSHES.labels(outcome.name.lower()).inc()
        return pb.DeliverPushResponse(outcomes=map(wire.write_outcome, delivery.outcomes), push_id=delivery.push_id)

    async def WithdrawPush(self, request: pb.WithdrawPushRequest, context: Context) -> pb.WithdrawPushResponse:
        """Takes a push back from the inboxes of those who have not received it."""
        sender_id = wire.read_device_id(request.sender_device_id, "sender_device_id")
        await self._pushes.withdraw(sender_id, wire.read_push_id(request.push_id, "push_id"))
        return pb.WithdrawPushResponse()

    async def RecordInstall(self, request: pb.RecordInstallRequest, context: Context) -> pb.RecordInstallResponse:
        """Tells an owner that a viewer has installed an app."""
        recorded = await self._installs.record(
            wire.read_install(request), wire.read_related_devices(request.owners, "owners")
        )
        return pb.RecordInstallResponse(recorded=recorded)

    async def ReadPushPreference(
        self, request: pb.ReadPushPreferenceRequest, context: Context
    ) -> pb.ReadPushPreferenceResponse:
        """Reads from whom a device accepts pushes."""
        preference = await self._pushes.preference(wire.read_device_id(request.device_id, "device_id"))
        return pb.ReadPushPreferenceResponse(preference=wire.write_push_preference(preference))

    async def WritePushPreference(
        self, request: pb.WritePushPreferenceRequest, context: Context
    ) -> pb.WritePushPreferenceResponse:
        """Says from whom a device accepts pushes."""
        device_id = wire.read_device_id(request.device_id, "device_id")
        await self._pushes.change_preference(device_id, wire.read_push_preference(request.preference, "preference"))
        return pb.WritePushPreferenceResponse()

    async def StreamInbox(
        self, request: pb.StreamInboxRequest, context: Context
    ) -> AsyncIterator[pb.StreamInboxResponse]:
        """Streams the events of a device that are not acknowledged, then new ones."""
        device_id = wire.read_device_id(request.device_id, "device_id")
        async with aclosing(self._inboxes.stream(device_id)) as stream:
            async for item in stream:
                yield _stream_response(item)

    async def ReadInbox(self, request: pb.ReadInboxRequest, context: Context) -> pb.ReadInboxResponse:
        """Reads the events of a device that are not acknowledged."""
        device_id = wire.read_device_id(request.device_id, "device_id")
        events, head = await self._inboxes.read(
            device_id, wire.read_position(request.after_position), paging.page_size(request.page_size)
        )
        return pb.ReadInboxResponse(events=map(wire.write_inbox_event, events), head_position=head)

    async def AcknowledgeInbox(
        self, request: pb.AcknowledgeInboxRequest, context: Context
    ) -> pb.AcknowledgeInboxResponse:
        """Acknowledges every event up to a position."""
        device_id = wire.read_device_id(request.device_id, "device_id")
        await self._inboxes.acknowledge(device_id, request.through_position)
        return pb.AcknowledgeInboxResponse()

    async def PurgeDevices(self, request: pb.PurgeDevicesRequest, context: Context) -> pb.PurgeDevicesResponse:
        """Deletes all that is kept of devices."""
        deletion = await self._deletions.delete(wire.read_deleted_devices(request.device_ids, "device_ids"))
        return pb.PurgeDevicesResponse(deletion=wire.write_deletion(deletion))


def _stream_response(item: InboxEvent | Heartbeat) -> pb.StreamInboxResponse:
    if isinstance(item, Heartbeat):
        return pb.StreamInboxResponse(heartbeat=inbox_pb2.InboxHeartbeat(head_position=item.head))
    return pb.StreamInboxResponse(event=wire.write_inbox_event(item))
