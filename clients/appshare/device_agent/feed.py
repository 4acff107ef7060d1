"""The events of the device as an endless stream that survives a server that goes away."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from appshare import errors
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.model import Event, Heartbeat
from appshare.device_agent.moving import Moving

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
"""Seconds before the stream is opened again: doubled each time, until something comes."""


async def follow(
    client: DeviceClient, tell: Callable[[str], None], *, first_pause: float = _FIRST_PAUSE
) -> AsyncGenerator[Event, None]:
    """Yields events as they come; one that was not acknowledged comes again after a reconnect.

    Args:
        tell: gets a sentence when the connection is lost and when it is back.

    Raises:
        errors.AppShareError: the first connection fails, or a later one for good.
    """
    pause, connected_before, lost, moving = first_pause, False, False, Moving()
    while True:
        try:
            async with aclosing(client.subscribe()) as messages:
                async for message in messages:
                    if lost:
                        tell("Connected again.")
                    pause, connected_before, lost = first_pause, True, False
                    if not isinstance(message, Heartbeat):
                        yield message
        except (errors.UnavailableError, errors.DeadlineExceededError) as error:
            if await moving.goes_on(error):
                continue
            if not connected_before:
                raise
            lost = lost or _tell_of_loss(tell)
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _tell_of_loss(tell: Callable[[str], None]) -> bool:
    tell("The connection is lost; connecting again until the server is back.")
    return True
