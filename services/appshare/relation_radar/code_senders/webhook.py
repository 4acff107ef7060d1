"""The sender for operation: a signed HTTP POST to whoever delivers messages to phones."""

import asyncio
import hashlib
import hmac
import json
from datetime import timedelta

import httpx
import structlog

from appshare import errors
from appshare.process.clock import Clock

SIGNATURE_HEADER = "Appshare-Signature"
"""`t=<seconds since the epoch>,v1=<hexadecimal HMAC-SHA256 of "<t>.<body>" under the shared secret>`."""

_PAUSES = (0.5, 1.0)
"""Seconds before the second and the third try."""
_TRY_LIMIT = 4.0
"""Seconds that one try may take: three tries end before the caller's patience does."""
_WORTH_ANOTHER_TRY = {408, 425, 429}

_log = structlog.get_logger(__name__)


class WebhookCodeSender:
    """Posts `{"number", "code", "registration_id"}` as JSON; an answer of 200 to 299 means that it is on its way.

    The receiver should verify the signature, refuse old times, and deliver a registration id once: a try whose answer
    got lost is repeated.

    Args:
        url: where to post; https, or http on this machine.
        secret: shared with the receiver.
    """

    def __init__(self, client: httpx.AsyncClient, url: str, secret: bytes, clock: Clock) -> None:
        self._client = client
        self._url = url
        self._secret = secret
        self._clock = clock

    async def send(self, number: str, registration_id: str, code: str) -> None:
        """Delivers a code.

        Raises:
            errors.UnavailableError: SERVICE_UNAVAILABLE, when three tries have failed or the receiver refuses.
        """
        body = json.dumps({"number": number, "code": code, "registration_id": registration_id}).encode()
        for pause in (*_PAUSES, None):
            outcome = await self._post(body)
            if outcome == "accepted":
                return
            _log.warning("one-time code not delivered", registration_id=registration_id, outcome=outcome)
            if outcome == "refused" or pause is None:
                break
            await asyncio.sleep(pause)
        raise errors.UnavailableError(
            errors.Reason.SERVICE_UNAVAILABLE,
            "the code cannot be sent now; try again in a minute",
            retry_after=timedelta(minutes=1),
        )

    async def _post(self, body: bytes) -> str:
        headers = {"Content-Type": "application/json", SIGNATURE_HEADER: self._signature(body)}
        try:
            async with asyncio.timeout(_TRY_LIMIT):
                response = await self._client.post(self._url, content=body, headers=headers)
        except (httpx.HTTPError, TimeoutError):
            return "no answer"
        if response.is_success:
            return "accepted"
        again = response.is_server_error or response.status_code in _WORTH_ANOTHER_TRY
        return "failed" if again else "refused"

    def _signature(self, body: bytes) -> str:
        time = str(int(self._clock()))
        digest = hmac.new(self._secret, f"{time}.".encode() + body, hashlib.sha256).hexdigest()
        return f"t={time},v1={digest}"
