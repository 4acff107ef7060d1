"""The client of this device, with the session that its home keeps."""

import asyncio
from dataclasses import replace
from functools import partial
from types import TracebackType

from appshare import errors
from appshare.command_line.server_address import ServerAddress
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.calls.session import RefreshSession, RenewSession, refresh_in_memory
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.model import Session

_LOOK_AGAIN = 0.05
"""Seconds until the home's lock is tried again."""


class ExplainingClient(DeviceClient):
    """A client that says so when a server cannot be reached because its certificate is not trusted."""

    def __init__(
        self,
        server: str,
        session: Session | None = None,
        *,
        ca: str | None = None,
        server_name: str | None = None,
        renew_session: RenewSession = refresh_in_memory,
    ) -> None:
        super().__init__(server, session, ca=ca, server_name=server_name, renew_session=renew_session)
        self._where = ServerAddress.parse(server)
        self._trusted = (ca, server_name)

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await super().__aexit__(exception_type, exception, traceback)
        if isinstance(exception, errors.UnavailableError) and self._where.tls:
            from appshare.command_line.server_certificate import distrust  # noqa: PLC0415  # costs time; rarely needed

            why = await asyncio.to_thread(distrust, self._where.address, *self._trusted)
            if why:
                raise errors.UnavailableError(exception.reason, _untrusted(self._where, why)) from exception


def _untrusted(where: ServerAddress, why: str) -> str:
    return (
        f"the server at {where.address} shows a certificate that is not trusted here ({why}); nothing was sent. "
        "If it has a new one, its operator or a friend can invite you: `appshare register LINK`"
    )


def open_client(home: AgentHome) -> DeviceClient:
    """A client that calls as this device.

    Raises:
        InputError: the device is not registered.
    """
    account = home.account()
    return ExplainingClient(
        account.server,
        account.session,
        ca=account.ca,
        server_name=account.server_name,
        renew_session=partial(renew_kept_session, home),
    )


async def renew_kept_session(home: AgentHome, stale: Session, refresh: RefreshSession) -> Session:
    """The session to go on with, kept in the home before it is used.

    A refresh token that is used twice ends the session, so agents of one home take turns, and one takes over what
    another has refreshed.
    """
    while True:
        with home.try_lock() as locked:
            if locked:
                return await _renew(home, stale, refresh)
        await asyncio.sleep(_LOOK_AGAIN)


async def _renew(home: AgentHome, stale: Session, refresh: RefreshSession) -> Session:
    account = home.account()
    if account.session != stale:
        return account.session
    # A refresh token is good once: it is not spent where the session that it gives could not be kept.
    home.save_account(account)
    renewed = await refresh(stale.refresh_token)
    home.save_account(replace(account, session=renewed))
    return renewed
