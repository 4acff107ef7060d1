"""An asynchronous client of the cloud, as one device sees it.

    async with DeviceClient("127.0.0.1:7400", session) as client:
        for share in await client.shares(ByNumber("+8613800138000")):
            print(share.app.label)

Every call raises the `appshare.errors` that the contract lists for it.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Self, TypeAlias, TypeVar

import grpc

from appshare import errors
from appshare.command_line.server_channel import open_server_channel
from appshare.device_agent import model, wire
from appshare.fit.answer import FitAnswer
from appshare.fit.device_profile import DeviceProfile
from appshare.fit.wire import read_answer, write_profile
from appshare.rpc.call import Callee, Metadata
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import fit_pb2, friendship_pb2, share_pb2
from appshare.v1.device_gateway_pb2_grpc import (
    AccountServiceStub,
    DownloadServiceStub,
    FriendServiceStub,
    InboxServiceStub,
    SharingServiceStub,
)

Request = TypeVar("Request")
Response = TypeVar("Response")

RefreshSession: TypeAlias = Callable[[str], Awaitable[model.Session]]
"""Exchanges a refresh token for a new session."""

RenewSession: TypeAlias = Callable[[model.Session, RefreshSession], Awaitable[model.Session]]
"""Gets a session to go on with when the given one is over: by refreshing it, or because another program has done so."""

_PAGE_SIZE = 200


async def refresh_in_memory(stale: model.Session, refresh: RefreshSession) -> model.Session:
    """Refreshes a session and keeps it nowhere: for programs that end before the next refresh."""
    return await refresh(stale.refresh_token)


class DeviceClient:
    """Calls the gateway; use it as an asynchronous context manager.

    Args:
        server: "host:port" of the gateway, or "https://host:port"; anything but this machine is spoken to in TLS.
        ca: the authorities that its certificate may be from, in PEM; None: the public ones.
        session: from `verify_number`; without one only `register` and `verify_number` work.
        renew_session: called when the session is over; it has to keep the new one, since a refresh token is good once.
    """

    def __init__(
        self,
        server: str,
        session: model.Session | None = None,
        *,
        ca: str | None = None,
        renew_session: RenewSession = refresh_in_memory,
    ) -> None:
        self._server = Callee(f"the server at {server}")
        self._session = session
        self._renew_session = renew_session
        self._renewing = asyncio.Lock()
        self._channel = open_server_channel(server, ca.encode() if ca else None)
        self._account = AccountServiceStub(self._channel)
        self._friends = FriendServiceStub(self._channel)
        self._sharing = SharingServiceStub(self._channel)
        self._inbox = InboxServiceStub(self._channel)
        self._download = DownloadServiceStub(self._channel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._channel.close()

    async def register(self, number: str, *, region: str = "", request_id: str = "") -> model.Registration:
        """Starts the registration of a device; a one-time code is sent to its number."""
        request = pb.RegisterRequest(number=number, region=region, request_id=request_id)
        return wire.read_registration(await self._server.unary(self._account.Register, request))

    async def verify_number(self, registration_id: str, code: str) -> model.Session:
        """Completes a registration by its code; the client goes on with the session."""
        request = pb.VerifyNumberRequest(registration_id=registration_id, code=code)
        response = await self._server.unary(self._account.VerifyNumber, request)
        self._session = wire.read_session(response.session)
        return self._session

    async def refresh_session(self, refresh_token: str) -> model.Session:
        """Exchanges a refresh token for a new session."""
        request = pb.RefreshSessionRequest(refresh_token=refresh_token)
        response = await self._server.unary(self._account.RefreshSession, request)
        return wire.read_session(response.session)

    async def replace_contacts(self, contacts: Iterable[model.Contact]) -> model.SyncedBook:
        """Replaces the contact book."""
        book = friendship_pb2.ContactBook(contacts=map(wire.write_contact, contacts))
        return await self._sync(pb.SyncContactsRequest(full=book))

    async def change_contacts(
        self, base_version: int, upserted: Iterable[model.Contact], removed: Iterable[int]
    ) -> model.SyncedBook:
        """Changes the contact book that has the version."""
        delta = friendship_pb2.ContactBookDelta(
            base_version=base_version, upserted=map(wire.write_contact, upserted), removed_contact_ids=removed
        )
        return await self._sync(pb.SyncContactsRequest(delta=delta))

    async def friends(self) -> model.FriendList:
        """Lists the friends, confirmed ones first."""
        found: list[model.Friend] = []
        token, truncated = "", False
        while True:
            request = pb.ListFriendsRequest(page_size=_PAGE_SIZE, page_token=token)
            page = await self._call(self._friends.ListFriends, request)
            found += map(wire.read_friend, page.friends)
            token, truncated = page.next_page_token, truncated or page.truncated
            if not token:
                return model.FriendList(tuple(found), truncated)

    async def publish_apps(self, apps: Iterable[model.App]) -> int:
        """Replaces the device's apps; an app keeps its audience. Returns how many are published."""
        inventory = share_pb2.Inventory(apps=map(wire.write_app, apps))
        response = await self._call(self._sharing.PublishApps, pb.PublishAppsRequest(full=inventory))
        return response.app_count

    async def set_audiences(self, audiences: Mapping[str, model.Audience]) -> None:
        """Says with whom apps are shared, by package name: all of it, or nothing when one is refused."""
        changes = [wire.write_audience_change(name, audience) for name, audience in audiences.items()]
        await self._call(self._sharing.SetAudiences, pb.SetAudiencesRequest(changes=changes))

    async def my_apps(self) -> list[model.InventoryApp]:
        """Lists the device's apps with their audiences, by package name."""
        found: list[model.InventoryApp] = []
        token = ""
        while True:
            request = pb.ListMyAppsRequest(page_size=_PAGE_SIZE, page_token=token)
            page = await self._call(self._sharing.ListMyApps, request)
            found += map(wire.read_inventory_app, page.apps)
            token = page.next_page_token
            if not token:
                return found

    async def shares(self, owner: model.Person) -> list[model.Share]:
        """Lists what a person shares with the device, by the owner's device and package name."""
        found: list[model.Share] = []
        token = ""
        while True:
            request = pb.ListSharesRequest(owner=wire.write_person(owner), page_size=_PAGE_SIZE, page_token=token)
            page = await self._call(self._sharing.ListShares, request)
            found += map(wire.read_share, page.shares)
            token = page.next_page_token
            if not token:
                return found

    async def push(
        self,
        recipients: Sequence[model.Person],
        *,
        package_names: Sequence[str] = (),
        note: str = "",
        request_id: str = "",
    ) -> list[model.PushOutcome]:
        """Pushes shared apps, all of them when none is named; returns an outcome per recipient."""
        request = pb.PushSharesRequest(
            recipients=map(wire.write_person, recipients),
            package_names=package_names,
            note=note,
            request_id=request_id,
        )
        response = await self._call(self._sharing.PushShares, request)
        return [wire.read_outcome(outcome) for outcome in response.outcomes]

    async def push_preference(self) -> model.PushPreference:
        """Reads from whom the device accepts pushes."""
        response = await self._call(self._sharing.GetPushPreference, pb.GetPushPreferenceRequest())
        return wire.read_preference(response.preference)

    async def set_push_preference(self, preference: model.PushPreference) -> None:
        """Says from whom the device accepts pushes."""
        request = pb.SetPushPreferenceRequest(preference=wire.write_preference(preference))
        await self._call(self._sharing.SetPushPreference, request)

    async def subscribe(self) -> AsyncGenerator[model.InboxEvent | model.Heartbeat, None]:
        """Streams the events that are not acknowledged, then new ones; heartbeats first and when nothing happens."""
        async with aclosing(self._stream(self._inbox.Subscribe, pb.SubscribeRequest())) as messages:
            async for message in messages:
                if message.HasField("event"):
                    yield wire.read_event(message.event)
                else:
                    yield model.Heartbeat(message.heartbeat.head_position)

    async def waiting_events(self, after_position: int = 0) -> list[model.InboxEvent]:
        """Reads some of the events behind a position that are not acknowledged, oldest first; none when none waits."""
        request = pb.ListEventsRequest(page_size=_PAGE_SIZE, after_position=after_position)
        response = await self._call(self._inbox.ListEvents, request)
        return [wire.read_event(event) for event in response.events]

    async def acknowledge(self, through_position: int) -> None:
        """Acknowledges every event up to a position."""
        request = pb.AcknowledgeEventsRequest(through_position=through_position)
        await self._call(self._inbox.AcknowledgeEvents, request)

    async def match(self, owner: model.Person, package_name: str, profile: DeviceProfile) -> FitAnswer:
        """Says which build of a shared app fits, without a download."""
        request = pb.MatchAppRequest(
            owner=wire.write_person(owner), package_name=package_name, profile=write_profile(profile)
        )
        response = await self._call(self._download.MatchApp, request)
        return read_answer(response.answer)

    async def download(
        self, owner: model.Person, package_name: str, profile: DeviceProfile, positions: Mapping[str, int]
    ) -> AsyncGenerator[FitAnswer | model.FileChunk, None]:
        """Streams the build of a shared app that fits: first the answer, then chunks when it is a `Fit`.

        Args:
            positions: how many bytes are there already, by the SHA-256 of the file.
        """
        request = pb.DownloadAppRequest(
            owner=wire.write_person(owner),
            package_name=package_name,
            profile=write_profile(profile),
            resume=[fit_pb2.FilePosition(sha256=sha256, offset=offset) for sha256, offset in positions.items()],
        )
        async with aclosing(self._stream(self._download.DownloadApp, request)) as messages:
            async for message in messages:
                if message.HasField("chunk"):
                    yield wire.read_chunk(message.chunk)
                else:
                    yield read_answer(message.answer)

    async def _sync(self, request: pb.SyncContactsRequest) -> model.SyncedBook:
        return wire.read_synced_book(await self._call(self._friends.SyncContacts, request))

    async def _call(self, method: grpc.aio.UnaryUnaryMultiCallable[Request, Response], request: Request) -> Response:
        session = self._session
        try:
            return await self._server.unary(method, request, metadata=_credentials(session))
        except errors.UnauthenticatedError as error:
            await self._renew(session, error)
        return await self._server.unary(method, request, metadata=_credentials(self._session))

    async def _stream(
        self, method: grpc.aio.UnaryStreamMultiCallable[Request, Response], request: Request
    ) -> AsyncGenerator[Response, None]:
        session, begun = self._session, False
        try:
            async with aclosing(self._server.stream(method, request, metadata=_credentials(session))) as messages:
                async for message in messages:
                    begun = True
                    yield message
                return
        except errors.UnauthenticatedError as error:
            if begun:
                raise  # the caller has seen a part; it knows how to go on
            await self._renew(session, error)
        async with aclosing(self._server.stream(method, request, metadata=_credentials(self._session))) as messages:
            async for message in messages:
                yield message

    async def _renew(self, stale: model.Session | None, error: errors.UnauthenticatedError) -> None:
        """Replaces a session that is over; raises `error` when it was refused for another reason."""
        if stale is None or error.reason is not errors.Reason.EXPIRED_TOKEN:
            raise error
        async with self._renewing:
            if self._session is stale:  # else a call beside this one has done it
                self._session = await self._renew_session(stale, self.refresh_session)


def _credentials(session: model.Session | None) -> Metadata:
    return (("authorization", f"Bearer {session.access_token}"),) if session else ()
