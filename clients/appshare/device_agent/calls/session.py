"""Calls that carry the device's session, which is renewed when it is over."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import TypeAlias, TypeVar

import grpc

from appshare import errors
from appshare.command_line.server_channel import open_server_channel
from appshare.device_agent.model import Session
from appshare.device_agent.wire import read_session
from appshare.rpc.call import Callee, Metadata
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1.device_gateway_pb2_grpc import AccountServiceStub

Request = TypeVar("Request")
Response = TypeVar("Response")

RefreshSession: TypeAlias = Callable[[str], Awaitable[Session]]
"""Exchanges a refresh token for a new session."""

RenewSession: TypeAlias = Callable[[Session, RefreshSession], Awaitable[Session]]
"""Gets a session to go on with when the given one is over: by refreshing it, or because another program has done so."""

PAGE_SIZE = 200
"""Items that are asked for at once: as many as the contract allows."""


async def refresh_in_memory(stale: Session, refresh: RefreshSession) -> Session:
    """Refreshes a session and keeps it nowhere: for programs that end before the next refresh."""
    return await refresh(stale.refresh_token)


class SessionCalls:
    """A channel to the gateway, and the session of the device.

    Args:
        server: "host:port" of the gateway, or "https://host:port"; anything but this machine is spoken to in TLS.
        ca: the authorities that its certificate may be from, or that certificate, in PEM; None: the public ones.
        server_name: the name that the certificate must be for; None: the host of the address.
        session: from `verify_number`; without one only `register` and `verify_number` work.
        renew_session: called when the session is over; it has to keep the new one, since a refresh token is good once.
    """

    def __init__(
        self,
        server: str,
        session: Session | None = None,
        *,
        ca: str | None = None,
        server_name: str | None = None,
        renew_session: RenewSession = refresh_in_memory,
    ) -> None:
        self._server = Callee(f"the server at {server}")
        self._session = session
        self._renew_session = renew_session
        self._renewing = asyncio.Lock()
        self._channel = open_server_channel(server, ca.encode() if ca else None, server_name)

    async def refresh_session(self, refresh_token: str) -> Session:
        """Exchanges a refresh token for a new session."""
        request = pb.RefreshSessionRequest(refresh_token=refresh_token)
        response = await self._server.unary(AccountServiceStub(self._channel).RefreshSession, request)
        return read_session(response.session)

    async def _call(self, method: grpc.aio.UnaryUnaryMultiCallable[Request, Response], request: Request) -> Response:
        session = self._session
        try:
            return await self._server.unary(method, request, metadata=_credentials(session))
        except errors.UnauthenticatedError as error:
            await self._renew(session, error)
        return await self._server.unary(method, request, metadata=_credentials(self._session))

    async def _stream(
        self,
        method: grpc.aio.UnaryStreamMultiCallable[Request, Response],
        request: Request,
        *,
        idle_limit: float | None = None,
    ) -> AsyncGenerator[Response, None]:
        session, begun = self._session, False
        open_stream = partial(self._server.stream, method, request, idle_limit=idle_limit)
        try:
            async with aclosing(open_stream(metadata=_credentials(session))) as messages:
                async for message in messages:
                    begun = True
                    yield message
                return
        except errors.UnauthenticatedError as error:
            if begun:
                raise  # the caller has seen a part; it knows how to go on
            await self._renew(session, error)
        async with aclosing(open_stream(metadata=_credentials(self._session))) as messages:
            async for message in messages:
                yield message

    async def _renew(self, stale: Session | None, error: errors.UnauthenticatedError) -> None:
        """Replaces a session that is over; raises `error` when it was refused for another reason."""
        if stale is None or error.reason is not errors.Reason.EXPIRED_TOKEN:
            raise error
        async with self._renewing:
            if self._session is stale:  # else a call beside this one has done it
                self._session = await self._renew_session(stale, self.refresh_session)


def _credentials(session: Session | None) -> Metadata:
    return (("authorization", f"Bearer {session.access_token}"),) if session else ()
