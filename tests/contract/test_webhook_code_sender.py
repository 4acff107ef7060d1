"""The webhook sender against a real HTTP server: signed, repeated when that can help, and never for long."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from appshare import errors
from appshare.relation_radar.code_senders import webhook
from appshare.relation_radar.code_senders.webhook import SIGNATURE_HEADER, WebhookCodeSender

SECRET = b"shared with the receiver"
NOW = 1_700_000_000.0

Answer = Callable[[int], Awaitable[int | None]]
"""The status for the try with that number, from 1 on; None: close the connection without one."""


class Receiver:
    """A small HTTP server that remembers what it was sent."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.requests: list[tuple[dict[str, str], bytes]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.lower().split(": ", 1) for line in head.splitlines()[1:] if line)
        body = await reader.readexactly(int(headers["content-length"]))
        self.requests.append((headers, body))
        status = await self._answer(len(self.requests))
        if status is not None:
            writer.write(f"HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        writer.close()


@asynccontextmanager
async def sending_to(answer: Answer) -> AsyncIterator[tuple[WebhookCodeSender, Receiver]]:
    receiver = Receiver(answer)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, httpx.AsyncClient() as client:
        yield WebhookCodeSender(client, f"http://127.0.0.1:{port}/sms", SECRET, lambda: NOW), receiver


def always(*statuses: int | None) -> Answer:
    async def answer(number: int) -> int | None:
        return statuses[min(number, len(statuses)) - 1]

    return answer


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "_PAUSES", (0.0, 0.0))
    monkeypatch.setattr(webhook, "_TRY_LIMIT", 0.5)


async def test_the_code_is_posted_and_signed() -> None:
    async with sending_to(always(204)) as (sender, receiver):
        await sender.send("+8613800138000", "registration", "482913")
    [(headers, body)] = receiver.requests
    assert json.loads(body) == {"number": "+8613800138000", "code": "482913", "registration_id": "registration"}
    expected = hmac.new(SECRET, b"1700000000." + body, hashlib.sha256).hexdigest()
    assert headers[SIGNATURE_HEADER.lower()] == f"t=1700000000,v1={expected}"


@pytest.mark.parametrize("trouble", [500, 503, 429, 408, None])
async def test_trouble_that_can_pass_is_tried_again(trouble: int | None) -> None:
    async with sending_to(always(trouble, trouble, 200)) as (sender, receiver):
        await sender.send("+8613800138000", "registration", "482913")
    assert len(receiver.requests) == 3


@pytest.mark.parametrize(("statuses", "tries"), [((500,), 3), ((None,), 3), ((400,), 1), ((404,), 1), ((302,), 1)])
async def test_a_code_that_cannot_be_sent_is_unavailable(statuses: tuple[int | None, ...], tries: int) -> None:
    async with sending_to(always(*statuses)) as (sender, receiver):
        with pytest.raises(errors.UnavailableError) as refusal:
            await sender.send("+8613800138000", "registration", "482913")
    assert len(receiver.requests) == tries
    assert refusal.value.reason is errors.Reason.SERVICE_UNAVAILABLE
    assert refusal.value.retry_after is not None
    assert "138" not in refusal.value.message


async def test_a_receiver_that_hangs_is_given_up() -> None:
    released = asyncio.Event()

    async def hang(_number: int) -> None:
        await released.wait()

    async with sending_to(hang) as (sender, receiver):
        with pytest.raises(errors.UnavailableError):
            await sender.send("+8613800138000", "registration", "482913")
        assert len(receiver.requests) == 3
        released.set()


async def test_nobody_there_is_unavailable() -> None:
    async with httpx.AsyncClient() as client:
        nobody = WebhookCodeSender(client, "http://127.0.0.1:9/sms", SECRET, lambda: NOW)
        with pytest.raises(errors.UnavailableError):
            await nobody.send("+8613800138000", "registration", "482913")
