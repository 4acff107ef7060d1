"""Which sender the settings choose."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from appshare.process.clock import Clock
from appshare.relation_radar.code_senders.console import ConsoleCodeSender
from appshare.relation_radar.code_senders.webhook import WebhookCodeSender
from appshare.relation_radar.registration import CodeSender
from appshare.relation_radar.settings import RadarSettings, SenderKind


@asynccontextmanager
async def open_code_sender(settings: RadarSettings, clock: Clock) -> AsyncIterator[CodeSender]:
    """The sender of the settings, while the context is open.

    Raises:
        OSError: the webhook's secret cannot be read.
    """
    if settings.code_sender is SenderKind.CONSOLE or settings.webhook_secret_file is None:
        yield ConsoleCodeSender()
        return
    secret = settings.webhook_secret_file.read_bytes().strip()
    if not secret:
        raise OSError(f"{settings.webhook_secret_file} is empty: put the secret in that the receiver knows")
    async with httpx.AsyncClient() as client:
        yield WebhookCodeSender(client, settings.webhook_url, secret, clock)
