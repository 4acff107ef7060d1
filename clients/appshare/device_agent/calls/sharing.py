"""Apps of the device, those of others, and pushes."""

from collections.abc import Iterable, Mapping, Sequence

from appshare.device_agent import model, wire
from appshare.device_agent.calls.session import PAGE_SIZE, SessionCalls
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import share_pb2
from appshare.v1.device_gateway_pb2_grpc import SharingServiceStub


class SharingCalls(SessionCalls):
    """The calls of `SharingService`."""

    async def publish_apps(self, apps: Iterable[model.App]) -> int:
        """Replaces the device's apps; an app keeps its audience. Returns how many are published."""
        inventory = share_pb2.Inventory(apps=map(wire.write_app, apps))
        response = await self._call(
            SharingServiceStub(self._channel).PublishApps, pb.PublishAppsRequest(full=inventory)
        )
        return response.app_count

    async def change_apps(self, upserted: Iterable[model.App], removed: Iterable[str]) -> int:
        """Changes the device's apps; an app keeps its audience. Returns how many are published."""
        delta = share_pb2.InventoryDelta(upserted=map(wire.write_app, upserted), removed_package_names=removed)
        request = pb.PublishAppsRequest(delta=delta)
        response = await self._call(SharingServiceStub(self._channel).PublishApps, request)
        return response.app_count

    async def set_audiences(self, audiences: Mapping[str, model.Audience]) -> None:
        """Says with whom apps are shared, by package name: all of it, or nothing when one is refused."""
        changes = [wire.write_audience_change(name, audience) for name, audience in audiences.items()]
        await self._call(SharingServiceStub(self._channel).SetAudiences, pb.SetAudiencesRequest(changes=changes))

    async def my_apps(self) -> list[model.InventoryApp]:
        """Lists the device's apps with their audiences, by package name."""
        found: list[model.InventoryApp] = []
        token = ""
        while True:
            request = pb.ListMyAppsRequest(page_size=PAGE_SIZE, page_token=token)
            page = await self._call(SharingServiceStub(self._channel).ListMyApps, request)
            found += map(wire.read_inventory_app, page.apps)
            token = page.next_page_token
            if not token:
                return found

    async def default_audience(self) -> model.Audience:
        """Reads the audience that new apps get."""
        request = pb.GetDefaultAudienceRequest()
        response = await self._call(SharingServiceStub(self._channel).GetDefaultAudience, request)
        return wire.read_audience(response.audience)

    async def set_default_audience(self, audience: model.Audience) -> None:
        """Sets the audience that new apps get."""
        request = pb.SetDefaultAudienceRequest(audience=wire.write_audience(audience))
        await self._call(SharingServiceStub(self._channel).SetDefaultAudience, request)

    async def shares(self, owner: model.Person) -> model.ShareList:
        """Lists what a person shares with the device, by the owner's device and package name."""
        listed = await self.changed_shares(owner, "")
        return listed or model.ShareList((), "")

    async def changed_shares(self, owner: model.Person, known_version: str) -> model.ShareList | None:
        """Lists what a person shares with the device; None when it is what the known version names."""
        found: list[model.Share] = []
        token = version = ""
        while True:
            request = pb.ListSharesRequest(
                owner=wire.write_person(owner),
                page_size=PAGE_SIZE,
                page_token=token,
                known_list_version="" if token else known_version,
            )
            page = await self._call(SharingServiceStub(self._channel).ListShares, request)
            if page.unchanged:
                return None
            found += map(wire.read_share, page.shares)
            token, version = page.next_page_token, version or page.list_version
            if not token:
                return model.ShareList(tuple(found), version)

    async def preview_shares(self, viewer: model.Person) -> list[model.App]:
        """Lists what the device shares as a person sees it now, by package name."""
        found: list[model.App] = []
        token = ""
        while True:
            request = pb.PreviewSharesRequest(viewer=wire.write_person(viewer), page_size=PAGE_SIZE, page_token=token)
            page = await self._call(SharingServiceStub(self._channel).PreviewShares, request)
            found += map(wire.read_app, page.apps)
            token = page.next_page_token
            if not token:
                return found

    async def friends_shares(self, search: str = "") -> model.MergedShares:
        """Lists what all friends share, or what of it has a text in its label or package name."""
        found: list[model.MergedShare] = []
        token, truncated = "", False
        while True:
            request = pb.ListFriendsSharesRequest(search=search, page_size=PAGE_SIZE, page_token=token)
            page = await self._call(SharingServiceStub(self._channel).ListFriendsShares, request)
            found += map(wire.read_merged_share, page.shares)
            token, truncated = page.next_page_token, truncated or page.truncated
            if not token:
                return model.MergedShares(tuple(found), truncated)

    async def push(
        self,
        recipients: Sequence[model.Person],
        *,
        package_names: Sequence[str] = (),
        note: str = "",
        request_id: str = "",
    ) -> model.Push:
        """Pushes shared apps, all of them when none is named."""
        request = pb.PushSharesRequest(
            recipients=map(wire.write_person, recipients),
            package_names=package_names,
            note=note,
            request_id=request_id,
        )
        response = await self._call(SharingServiceStub(self._channel).PushShares, request)
        return model.Push(response.push_id, tuple(map(wire.read_outcome, response.outcomes)))

    async def recall_push(self, push_id: str) -> None:
        """Takes a push back from those who have not received it."""
        await self._call(SharingServiceStub(self._channel).RecallPush, pb.RecallPushRequest(push_id=push_id))

    async def report_install(self, owner: model.Person, package_name: str, version_code: int) -> None:
        """Tells an owner that the device has installed an app of theirs."""
        request = pb.ReportInstallRequest(
            owner=wire.write_person(owner), package_name=package_name, version_code=version_code
        )
        await self._call(SharingServiceStub(self._channel).ReportInstall, request)

    async def push_preference(self) -> model.PushPreference:
        """Reads from whom the device accepts pushes."""
        response = await self._call(SharingServiceStub(self._channel).GetPushPreference, pb.GetPushPreferenceRequest())
        return wire.read_preference(response.preference)

    async def set_push_preference(self, preference: model.PushPreference) -> None:
        """Says from whom the device accepts pushes."""
        request = pb.SetPushPreferenceRequest(preference=wire.write_preference(preference))
        await self._call(SharingServiceStub(self._channel).SetPushPreference, request)
