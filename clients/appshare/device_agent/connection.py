"""The client of this device, with the session that its home keeps."""

import asyncio
from dataclasses import replace
from functools import partial

from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.calls.session import RefreshSession
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.model import Session

_LOOK_AGAIN = 0.05
"""Seconds until the home's lock is tried again."""


def open_client(home: AgentHome) -> DeviceClient:
    """A client that calls as this device.

    Raises:
        InputError: the device is not registered.
    """
    account = home.account()
    return DeviceClient(account.server, account.session, ca=account.ca, renew_session=partial(renew_kept_session, home))


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
    renewed = await refresh(stale.refresh_token)
    home.save_account(replace(account, session=renewed))
    return renewed
