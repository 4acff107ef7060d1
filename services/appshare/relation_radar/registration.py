"""Registration of a device by a one-time code, and the sessions that come of it."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from typing import Protocol

from appshare import errors
from appshare.process.clock import Clock
from appshare.relation_radar.model import DeviceLimit, Registration, Session
from appshare.relation_radar.numbers import (
    PERSONAL_TYPES,
    NumberKeys,
    NumberType,
    read_personal_number,
    require_region,
)
from appshare.relation_radar.store import RegistrationStore

_MAX_ATTEMPTS = 5
_LOST_ANSWER = 60.0
"""Seconds in which a code, or the token before the current one, is taken again: the answer may have been lost."""


class CodeSender(Protocol):
    """How a one-time code reaches the phone with a number."""

    async def send(self, number: str, registration_id: str, code: str) -> None:
        """Delivers the code; raises an `errors.AppShareError` when it cannot."""


@dataclass(frozen=True, slots=True)
class RegistrationLimits:
    """Bounds of registration.

    Attributes:
        code_lifetime: seconds in which a code verifies a number.
        codes_per_hour: how many codes a number is sent in an hour.
        number_types: of the numbers that a person can have; others are not registered.
        session_lifetime: seconds after which a session that was not renewed is over.
        max_devices: devices in use that a number may have.
    """

    code_lifetime: float = 600.0
    codes_per_hour: int = 5
    number_types: frozenset[NumberType] = PERSONAL_TYPES
    session_lifetime: float = 180 * 24 * 3600.0
    max_devices: int = 20


class Registrar:
    """Registers devices and keeps their sessions.

    Args:
        secret: under which one-time codes are digested, so that the database alone does not give them away.
    """

    def __init__(
        self,
        store: RegistrationStore,
        number_keys: NumberKeys,
        sender: CodeSender,
        clock: Clock,
        *,
        secret: bytes,
        limits: RegistrationLimits,
        default_region: str,
    ) -> None:
        self._store = store
        self._number_keys = number_keys
        self._sender = sender
        self._clock = clock
        self._secret = secret
        self._limits = limits
        self._default_region = require_region(default_region)

    async def start(self, number: str, region: str, request_id: str | None) -> Registration:
        """Starts a registration and sends its code.

        Args:
            request_id: when it comes again for the number, the registration that it has started is the answer.

        Raises:
            errors.InvalidArgumentError: INVALID_PHONE_NUMBER, or INVALID_FIELD for the region.
            errors.ResourceExhaustedError: LIMIT_EXCEEDED, when the number was sent too many codes.
        """
        region = require_region(region or self._default_region)
        number = read_personal_number(number, region, self._limits.number_types)
        now = self._clock()
        registration_id, code = secrets.token_urlsafe(16), f"{secrets.randbelow(1_000_000):06d}"
        # Not while the code is sent: that can take long.
        async with self._number_keys.steady():
            registration = Registration(
                registration_id=registration_id,
                number_key=self._number_keys.key(number),
                region=region,
                code_digest=self._digest(registration_id, code),
                attempts=0,
                expire_time=now + self._limits.code_lifetime,
            )
            started = await self._store.add_registration(registration, request_id, now, self._limits.codes_per_hour)
        if started == registration:
            await self._send(number, registration_id, code)
        return started

    async def confirm(self, registration_id: str, code: str) -> tuple[str, str]:
        """Verifies the number by its code; returns the new device's id and its refresh token.

        The right code that comes again within a minute, while nobody has used the session, is answered with the same
        device and another token in place of the first, because the answer with that may have been lost on the way.

        Raises:
            errors.PermissionDeniedError: WRONG_CODE, whatever is wrong.
            errors.ResourceExhaustedError: LIMIT_EXCEEDED, when the code is right and the number has too many devices.
        """
        registration = await self._store.count_attempt(registration_id)
        if registration is None or not self._verifies(registration, code):
            raise _wrong_code()
        now = self._clock()
        device_id = secrets.token_urlsafe(16)
        token, fresh = _new_session(device_id, now)
        limit = DeviceLimit(self._limits.max_devices, in_use_since=now - self._limits.session_lifetime)
        while session := await self._store.complete_registration(registration, device_id, fresh, limit):
            if session == fresh:
                return device_id, token
            if session.previous_digest is not None or now - session.rotate_time >= _LOST_ANSWER:
                break
            again, digest = _new_token(session.session_id)
            if await self._store.update_session(replace(session, current_digest=digest), session.current_digest):
                return session.device_id, again
            # Another call with the code was faster; this one is judged by what that has left.
        raise _wrong_code()

    async def rotate(self, refresh_token: str) -> tuple[str, str]:
        """Exchanges a refresh token; returns the device's id and the new token.

        A token that comes again after its successor was used ends the session: somebody has a copy of it
        (RFC 9700, section 4.14.2). The one before the current is taken again for a minute, because the answer to
        its use may have been lost on the way.

        Raises:
            errors.UnauthenticatedError: INVALID_REFRESH_TOKEN.
        """
        session_id, _, secret = refresh_token.partition(".")
        presented = hashlib.sha256(secret.encode()).digest()
        while session := await self._store.find_session(session_id):
            rotated = self._rotate(session, presented, self._clock())
            if rotated is None:
                await self._store.end_session(session_id)
                break
            token, digest = _new_token(session_id)
            if await self._store.update_session(replace(rotated, current_digest=digest), session.current_digest):
                return session.device_id, token
            # Another use of the token was faster; this one is judged by what that has left.
        raise errors.UnauthenticatedError(
            errors.Reason.INVALID_REFRESH_TOKEN, "the session is over; register the device again"
        )

    async def _send(self, number: str, registration_id: str, code: str) -> None:
        try:
            await self._sender.send(number, registration_id, code)
        except BaseException:
            # Else the same request would find the registration when it comes again, and wait for a code for ever.
            # The quota counts it: a caller who hangs up must not get more codes sent than one who waits.
            await self._store.withdraw_registration(registration_id)
            raise

    def _rotate(self, session: Session, presented: bytes, now: float) -> Session | None:
        """The session after the use of a token, before its digest is replaced; None when that ends it."""
        if now - session.rotate_time >= self._limits.session_lifetime:
            return None
        if hmac.compare_digest(presented, session.current_digest):
            return replace(session, previous_digest=session.current_digest, rotate_time=now)
        was_previous = session.previous_digest is not None and hmac.compare_digest(presented, session.previous_digest)
        return session if was_previous and now - session.rotate_time < _LOST_ANSWER else None

    def _verifies(self, registration: Registration, code: str) -> bool:
        matches = hmac.compare_digest(registration.code_digest, self._digest(registration.registration_id, code))
        return matches and registration.attempts <= _MAX_ATTEMPTS and self._clock() < registration.expire_time

    def _digest(self, registration_id: str, code: str) -> bytes:
        return hmac.digest(self._secret, f"{registration_id}:{code}".encode(), hashlib.sha256)


def _new_session(device_id: str, now: float) -> tuple[str, Session]:
    session_id = secrets.token_urlsafe(16)
    token, digest = _new_token(session_id)
    return token, Session(session_id, device_id, current_digest=digest, previous_digest=None, rotate_time=now)


def _new_token(session_id: str) -> tuple[str, bytes]:
    secret = secrets.token_urlsafe(32)
    return f"{session_id}.{secret}", hashlib.sha256(secret.encode()).digest()


def _wrong_code() -> errors.PermissionDeniedError:
    return errors.PermissionDeniedError(
        errors.Reason.WRONG_CODE, "the code does not verify the number; check it, or register again for a new one"
    )
