# ruff: noqa: N802  # the protos name the methods
"""What stands in for the cloud: a real gRPC server on this machine that does as a test tells it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from appshare import errors
from appshare.rpc.address import Address
from appshare.rpc.certificates import CertificateFiles
from appshare.rpc.server import ServerOptions, Service, running_server
from appshare.v1 import (
    app_search_pb2,
    deletion_pb2,
    device_pb2,
    error_reason_pb2,
    fit_pb2,
    friendship_pb2,
    inbox_pb2,
    share_pb2,
    update_pb2,
)
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import device_gateway_pb2_grpc as pb_grpc

CHUNK = 16 * 1024

RECEIPT = deletion_pb2.DeletionReceipt(
    receipt_id="5d41402a",
    radar=deletion_pb2.RadarDeletion(devices=2, contacts=205),
    registry=deletion_pb2.RegistryDeletion(apps=60),
)


class Downloads(pb_grpc.DownloadServiceServicer):
    """Serves files as `DownloadApp` says.

    Attributes:
        files: their bytes, by name.
        answer: instead of a fit with the files.
        announced: what is said of a file instead of the truth, by name.
        ends_after: chunks after which each call ends with an error; a call without an entry goes on to its end.
        ends_with: what such a call ends with.
        resumed: the positions that each call named.
        profiles: of the devices that calls were for.
        modules: that each call named.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self.announced: dict[str, Mapping[str, Any]] = {}
        self.ends_after: list[int] = []
        self.ends_with: errors.AppShareError = errors.UnavailableError(errors.Reason.SERVICE_UNAVAILABLE, "gone")
        self.resumed: list[dict[str, int]] = []
        self.profiles: list[device_pb2.DeviceProfile] = []
        self.modules: list[list[str]] = []
        self.answer: fit_pb2.FitAnswer | None = None

    async def MatchApp(self, request: pb.MatchAppRequest, context: Any) -> pb.MatchAppResponse:
        self.modules.append(list(request.modules))
        return pb.MatchAppResponse(answer=self._answer())

    async def DownloadApp(self, request: pb.DownloadAppRequest, context: Any) -> AsyncIterator[pb.DownloadAppResponse]:
        positions = {position.sha256: position.offset for position in request.resume}
        self.resumed.append(positions)
        self.profiles.append(request.profile)
        self.modules.append(list(request.modules))
        left = self.ends_after.pop(0) if self.ends_after else None
        yield pb.DownloadAppResponse(answer=self._answer())
        for chunk in self._chunks(positions):
            if left == 0:
                raise self.ends_with
            yield pb.DownloadAppResponse(chunk=chunk)
            left = None if left is None else left - 1

    def _answer(self) -> fit_pb2.FitAnswer:
        return self.answer or fit_pb2.FitAnswer(
            fit=fit_pb2.Fit(package_name="org.example.notes", files=map(self._file, self.files))
        )

    def _file(self, name: str) -> fit_pb2.PackageFile:
        content = self.files[name]
        truth = {"name": name, "size": len(content), "sha256": digest(content)}
        return fit_pb2.PackageFile(**{**truth, **self.announced.get(name, {})})

    def _chunks(self, positions: Mapping[str, int]) -> Sequence[fit_pb2.FileChunk]:
        return [
            fit_pb2.FileChunk(file_index=index, offset=offset, data=content[offset : offset + CHUNK])
            for index, content in enumerate(self.files.values())
            for offset in range(positions.get(digest(content), 0), len(content), CHUNK)
        ]


class Sessions(pb_grpc.AccountServiceServicer, pb_grpc.SharingServiceServicer, pb_grpc.InboxServiceServicer):
    """Keeps the session of one device: an access token that is over when the test says so, refresh tokens good once.

    Attributes:
        refreshed: how often the session was refreshed.
        refused: calls that came with a token that is over.
        streams: what each `Subscribe` sends: events, then an error or the end.
    """

    def __init__(self) -> None:
        self.refreshed = 0
        self.refused = 0
        self.streams: list[list[inbox_pb2.InboxEvent | errors.AppShareError]] = []

    async def RefreshSession(self, request: pb.RefreshSessionRequest, context: Any) -> pb.RefreshSessionResponse:
        if request.refresh_token != f"refresh-{self.refreshed}":
            raise errors.UnauthenticatedError(errors.Reason.INVALID_REFRESH_TOKEN, "used before; register again")
        self.refreshed += 1
        return pb.RefreshSessionResponse(
            session=pb.Session(
                device_id="device-1",
                access_token=f"access-{self.refreshed}",
                refresh_token=f"refresh-{self.refreshed}",
            )
        )

    async def GetPushPreference(
        self, request: pb.GetPushPreferenceRequest, context: Any
    ) -> pb.GetPushPreferenceResponse:
        self._require_fresh(context)
        preference = share_pb2.PushPreference(policy=share_pb2.PUSH_POLICY_FRIENDS)
        return pb.GetPushPreferenceResponse(preference=preference)

    async def Subscribe(self, request: pb.SubscribeRequest, context: Any) -> AsyncIterator[pb.SubscribeResponse]:
        self._require_fresh(context)
        if not self.streams:
            raise errors.PermissionDeniedError(errors.Reason.NOT_SHARED_WITH_YOU, "the test has no more streams")
        yield pb.SubscribeResponse(heartbeat=inbox_pb2.InboxHeartbeat())
        for each in self.streams.pop(0):
            if isinstance(each, errors.AppShareError):
                raise each
            yield pb.SubscribeResponse(event=each)

    def _require_fresh(self, context: Any) -> None:
        credentials = dict(context.invocation_metadata()).get("authorization")
        if credentials is None:
            raise errors.UnauthenticatedError(errors.Reason.MISSING_TOKEN, "no token")
        if credentials != f"Bearer access-{self.refreshed}":
            self.refused += 1
            raise errors.UnauthenticatedError(errors.Reason.EXPIRED_TOKEN, "over")


class Cloud(
    pb_grpc.AccountServiceServicer,
    pb_grpc.FriendServiceServicer,
    pb_grpc.SharingServiceServicer,
    pb_grpc.InboxServiceServicer,
    Downloads,
):
    """Keeps what a device sends, and answers with what a test put there.

    Attributes:
        requests: every request that came, but for lists.
        version: of the book.
        synced: every sync that was taken.
        pushes: every push that came.
        audiences: every change of audiences.
        my_apps: what the device has published.
        shares: what everybody shares; nobody shares anything when there is none.
        merged: what all friends share.
        preference: from whom pushes are accepted.
        named: what a search by name finds.
        updates: by package name.
        events: what waits in the inbox.
        changes: changes of friendships that wait.
        acknowledged: positions, in the order in which they came.
        acknowledged_changes: the same of changes of friendships.
        failures: raised by the next calls, but for most lists.
        refused: raised by every `ReportInstall`.
        clock_ahead: of the machine's clock.
    """

    def __init__(self) -> None:
        super().__init__({"notes.apk": b"notes"})
        self.requests: list[Any] = []
        self.version = 0
        self.synced: list[pb.SyncContactsRequest] = []
        self.pushes: list[pb.PushSharesRequest] = []
        self.audiences: list[pb.SetAudiencesRequest] = []
        self.my_apps: list[share_pb2.InventoryApp] = []
        self.shares: list[share_pb2.Share] = []
        self.merged: list[share_pb2.MergedShare] = []
        self.preference = share_pb2.PushPreference(policy=share_pb2.PUSH_POLICY_FRIENDS)
        self.default_audience = share_pb2.Audience(kind=share_pb2.AUDIENCE_KIND_NOBODY)
        self.blocks: list[friendship_pb2.Block] = []
        self.named: list[app_search_pb2.NamedApp] = []
        self.updates: dict[str, update_pb2.AppUpdate] = {}
        self.events: list[inbox_pb2.InboxEvent] = []
        self.changes: list[friendship_pb2.FriendshipChanged] = []
        self.acknowledged: list[int] = []
        self.acknowledged_changes: list[int] = []
        self.failures: list[errors.AppShareError] = []
        self.refused: errors.AppShareError | None = None
        self.clock_ahead = timedelta()

    def _take(self, request: Any) -> None:
        self.requests.append(request)
        if self.failures:
            raise self.failures.pop(0)

    async def Register(self, request: pb.RegisterRequest, context: Any) -> pb.RegisterResponse:
        self._take(request)
        return pb.RegisterResponse(registration_id="r1")

    async def VerifyNumber(self, request: pb.VerifyNumberRequest, context: Any) -> pb.VerifyNumberResponse:
        self._take(request)
        tokens = {"access_token": "access-1", "refresh_token": "refresh-1"}
        return pb.VerifyNumberResponse(session=pb.Session(device_id="device-1", **tokens))

    async def ListDevices(self, request: pb.ListDevicesRequest, context: Any) -> pb.ListDevicesResponse:
        ids = ("7f3c9a11", "7f3c0000", "device-1")
        seen = Timestamp()
        seen.FromDatetime(datetime.now(UTC) + self.clock_ahead)
        return pb.ListDevicesResponse(
            devices=[
                pb.MyDevice(device_id=each, is_this_device=each == "device-1", last_seen_time=seen) for each in ids
            ]
        )

    async def RefreshSession(self, request: pb.RefreshSessionRequest, context: Any) -> pb.RefreshSessionResponse:
        if request.refresh_token != "refresh-1":  # noqa: S105  # the one that the device has
            raise errors.UnauthenticatedError(errors.Reason.INVALID_REFRESH_TOKEN, "used before; register again")
        tokens = {"access_token": "access-2", "refresh_token": "refresh-2"}
        return pb.RefreshSessionResponse(session=pb.Session(device_id="device-1", **tokens))

    async def RemoveDevice(self, request: pb.RemoveDeviceRequest, context: Any) -> pb.RemoveDeviceResponse:
        self._take(request)
        return pb.RemoveDeviceResponse(receipt=RECEIPT)

    async def DeleteAccount(self, request: pb.DeleteAccountRequest, context: Any) -> pb.DeleteAccountResponse:
        self._take(request)
        return pb.DeleteAccountResponse(receipt=RECEIPT)

    async def SyncContacts(self, request: pb.SyncContactsRequest, context: Any) -> pb.SyncContactsResponse:
        self._take(request)
        if request.HasField("delta") and request.delta.base_version != self.version:
            raise errors.AbortedError(errors.Reason.STALE_BOOK_VERSION, "stale")
        self.version += 1
        self.synced.append(request)
        return pb.SyncContactsResponse(book_version=self.version, contact_count=2, skipped_number_count=1)

    async def ListFriends(self, request: pb.ListFriendsRequest, context: Any) -> pb.ListFriendsResponse:
        friends = [
            friendship_pb2.Friend(
                device_id=f"d{index}",
                contact_id=index,
                level=friendship_pb2.FRIENDSHIP_LEVEL_CONFIRMED,
                reason=friendship_pb2.FRIENDSHIP_REASON_BOTH_LIST,
            )
            for index in (1, 2)
        ]
        return pb.ListFriendsResponse(friends=friends)

    async def BatchCheckFriends(
        self, request: pb.BatchCheckFriendsRequest, context: Any
    ) -> pb.BatchCheckFriendsResponse:
        """Contact 1 is a friend, numbers cannot be read, anybody else is none."""
        self._take(request)
        checks = [
            pb.FriendCheck(error=error_reason_pb2.ERROR_REASON_INVALID_PHONE_NUMBER)
            if each.number
            else pb.FriendCheck(level=friendship_pb2.FRIENDSHIP_LEVEL_LIKELY if each.contact_id == 1 else 1)
            for each in request.people
        ]
        return pb.BatchCheckFriendsResponse(checks=checks)

    async def BlockPerson(self, request: pb.BlockPersonRequest, context: Any) -> pb.BlockPersonResponse:
        self._take(request)
        return pb.BlockPersonResponse()

    async def UnblockPerson(self, request: pb.UnblockPersonRequest, context: Any) -> pb.UnblockPersonResponse:
        self._take(request)
        return pb.UnblockPersonResponse()

    async def ListBlocks(self, request: pb.ListBlocksRequest, context: Any) -> pb.ListBlocksResponse:
        """Gives one block a page."""
        index = int(request.page_token or 0)
        more = index + 1 < len(self.blocks)
        return pb.ListBlocksResponse(
            blocks=self.blocks[index : index + 1], next_page_token=str(index + 1) if more else ""
        )

    async def PublishApps(self, request: pb.PublishAppsRequest, context: Any) -> pb.PublishAppsResponse:
        self._take(request)
        return pb.PublishAppsResponse(app_count=len(request.full.apps))

    async def SetAudiences(self, request: pb.SetAudiencesRequest, context: Any) -> pb.SetAudiencesResponse:
        self.audiences.append(request)
        return pb.SetAudiencesResponse()

    async def GetDefaultAudience(
        self, request: pb.GetDefaultAudienceRequest, context: Any
    ) -> pb.GetDefaultAudienceResponse:
        return pb.GetDefaultAudienceResponse(audience=self.default_audience)

    async def SetDefaultAudience(
        self, request: pb.SetDefaultAudienceRequest, context: Any
    ) -> pb.SetDefaultAudienceResponse:
        self.default_audience = request.audience
        return pb.SetDefaultAudienceResponse()

    async def ListMyApps(self, request: pb.ListMyAppsRequest, context: Any) -> pb.ListMyAppsResponse:
        return pb.ListMyAppsResponse(apps=self.my_apps)

    async def ListShares(self, request: pb.ListSharesRequest, context: Any) -> pb.ListSharesResponse:
        """The version of a list is how many shares it has."""
        self._take(request)
        if not self.shares:
            raise errors.PermissionDeniedError(errors.Reason.NOT_SHARED_WITH_YOU, "not shared")
        version = f"v{len(self.shares)}"
        if request.known_list_version == version:
            return pb.ListSharesResponse(list_version=version, unchanged=True)
        return pb.ListSharesResponse(shares=self.shares, list_version=version)

    async def PreviewShares(self, request: pb.PreviewSharesRequest, context: Any) -> pb.PreviewSharesResponse:
        self._take(request)
        return pb.PreviewSharesResponse(apps=[each.app for each in self.shares])

    async def ListFriendsShares(
        self, request: pb.ListFriendsSharesRequest, context: Any
    ) -> pb.ListFriendsSharesResponse:
        self._take(request)
        return pb.ListFriendsSharesResponse(shares=self.merged)

    async def PushShares(self, request: pb.PushSharesRequest, context: Any) -> pb.PushSharesResponse:
        self.pushes.append(request)
        if self.failures:
            raise self.failures.pop(0)
        return pb.PushSharesResponse(
            push_id=f"push-{len(self.pushes)}",
            outcomes=[
                share_pb2.PUSH_OUTCOME_ACCEPTED if person.contact_id == 1 else share_pb2.PUSH_OUTCOME_REFUSED
                for person in request.recipients
            ],
        )

    async def RecallPush(self, request: pb.RecallPushRequest, context: Any) -> pb.RecallPushResponse:
        self._take(request)
        return pb.RecallPushResponse()

    async def CheckAppUpdates(self, request: pb.CheckAppUpdatesRequest, context: Any) -> pb.CheckAppUpdatesResponse:
        """Nothing to do, but for what the test says."""
        self._take(request)
        return pb.CheckAppUpdatesResponse(
            updates=[
                self.updates.get(app.package_name)
                or update_pb2.AppUpdate(package_name=app.package_name, state=update_pb2.UPDATE_STATE_NONE)
                for app in request.installed
            ]
        )

    async def SearchByName(self, request: pb.SearchByNameRequest, context: Any) -> pb.SearchByNameResponse:
        """A page per app."""
        self._take(request)
        begin = int(request.page_token or 0)
        more = begin + 1 < len(self.named)
        return pb.SearchByNameResponse(
            apps=self.named[begin : begin + 1], next_page_token=str(begin + 1) if more else ""
        )

    async def ReportInstall(self, request: pb.ReportInstallRequest, context: Any) -> pb.ReportInstallResponse:
        self._take(request)
        if self.refused:
            raise self.refused
        return pb.ReportInstallResponse()

    async def GetPushPreference(
        self, request: pb.GetPushPreferenceRequest, context: Any
    ) -> pb.GetPushPreferenceResponse:
        return pb.GetPushPreferenceResponse(preference=self.preference)

    async def SetPushPreference(
        self, request: pb.SetPushPreferenceRequest, context: Any
    ) -> pb.SetPushPreferenceResponse:
        self.preference = request.preference
        return pb.SetPushPreferenceResponse()

    async def ListEvents(self, request: pb.ListEventsRequest, context: Any) -> pb.ListEventsResponse:
        """Gives one event of each kind a page."""
        waiting = [event for event in self.events if event.position > request.after_position]
        changes = [change for change in self.changes if change.position > request.after_friendship_position]
        return pb.ListEventsResponse(events=waiting[:1], friendship_changes=changes[:1])

    async def Subscribe(self, request: pb.SubscribeRequest, context: Any) -> AsyncIterator[pb.SubscribeResponse]:
        yield pb.SubscribeResponse(heartbeat=inbox_pb2.InboxHeartbeat())
        for event in self.events:
            yield pb.SubscribeResponse(event=event)
        for change in self.changes:
            yield pb.SubscribeResponse(friendship_changed=change)

    async def AcknowledgeEvents(
        self, request: pb.AcknowledgeEventsRequest, context: Any
    ) -> pb.AcknowledgeEventsResponse:
        if request.through_position:
            self.acknowledged.append(request.through_position)
        if request.through_friendship_position:
            self.acknowledged_changes.append(request.through_friendship_position)
        return pb.AcknowledgeEventsResponse()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@asynccontextmanager
async def serving(servicer: object, *names: str, certificates: CertificateFiles | None = None) -> AsyncIterator[str]:
    """Serves services of the gateway, all by one object; yields the address."""
    services = [
        Service(f"appshare.v1.{name}", partial(getattr(pb_grpc, f"add_{name}Servicer_to_server"), servicer))
        for name in names
    ]
    options = ServerOptions(certificates=certificates)
    async with running_server(Address("127.0.0.1", 0), services, options) as address:
        yield str(address)


@asynccontextmanager
async def cutting(address: str, after: int, noticed: asyncio.Event) -> AsyncIterator[str]:
    """A wire to the address whose first connection is cut when so many bytes came through; yields its own address.

    Args:
        noticed: that something has come; gRPC takes back what nobody has read when a connection ends.
    """
    target = Address.parse(address)
    budgets = [after]
    pumps: set[asyncio.Task[None]] = set()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(target.host, target.port)
        budget = budgets.pop() if budgets else None
        up = asyncio.create_task(_pump(reader, far_writer, None))
        down = asyncio.create_task(_pump(far_reader, writer, budget))
        pumps.update((up, down))
        await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
        far_writer.transport.abort()
        if down.done():
            await noticed.wait()
            writer.write_eof()  # what came through arrives; a reset could take it back
            await asyncio.wait([up])
        writer.transport.abort()

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for pump in pumps:
        pump.cancel()
    await asyncio.gather(*pumps, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, budget: int | None) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(CHUNK):
            if budget is not None:
                data = data[:budget]
                budget -= len(data)
            writer.write(data)
            await writer.drain()
            if budget == 0:
                return
