"""Access tokens: short-lived, signed statements of which device calls (JSON Web Tokens, RFC 7519, with EdDSA)."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appshare import errors
from appshare.gateway.signing_keys import SigningKey, SigningKeys
from appshare.process.clock import Clock

_ALGORITHM = "EdDSA"
_ISSUER = "appshare"
_MAX_REMEMBERED = 20_000
"""Tokens that are known to be genuine; about 10 MB."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token and when it ends, in seconds since the epoch."""

    token: str
    expire_time: float


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a token was issued to.

    Attributes:
        number_ref: the same for all devices of a number, and nothing more of it; empty when the token does not say it.
    """

    device_id: str
    number_ref: str = ""


@dataclass(frozen=True, slots=True)
class _Statement:
    """What a genuine token says, and which key has signed it."""

    caller: Caller
    expire_time: float
    key_id: str


class AccessTokens:
    """Issues and verifies the access tokens of one gateway.

    A device shows the same token on every call and a signature costs as much as the rest of a call, so genuine tokens
    are remembered by their digest. What is remembered is good no longer than the token, nor than its key.

    Args:
        lifetime: seconds that a token is good for.
        max_remembered: beyond it the token that was used longest ago is forgotten.
    """

    def __init__(
        self, keys: SigningKeys, lifetime: float, clock: Clock, *, max_remembered: int = _MAX_REMEMBERED
    ) -> None:
        self._keys = keys
        self._lifetime = lifetime
        self._clock = clock
        self._max_remembered = max_remembered
        self._genuine: OrderedDict[bytes, _Statement] = OrderedDict()

    def issue(self, caller: Caller) -> AccessToken:
        """A token that says who calls."""
        key_id, private_key = self._keys.signing
        expire_time = self._clock() + self._lifetime
        claims = {"iss": _ISSUER, "sub": caller.device_id, "num": caller.number_ref, "exp": int(expire_time)}
        token = jwt.encode(claims, private_key, algorithm=_ALGORITHM, headers={"kid": key_id})
        return AccessToken(token, expire_time)

    def caller(self, token: str) -> Caller:
        """Whom a token was issued to.

        Raises:
            errors.UnauthenticatedError: INVALID_TOKEN or EXPIRED_TOKEN.
        """
        digest = hashlib.sha256(token.encode()).digest()
        statement = self._genuine.get(digest)
        if statement is None:
            statement = self._verified(token)
            self._remember(digest, statement)
        else:
            self._genuine.move_to_end(digest)
        key = self._keys.find(statement.key_id)
        if statement.expire_time <= self._clock() or key is None or key.private_key is None:
            self._genuine.pop(digest, None)
            raise _expired()
        return statement.caller

    def _verified(self, token: str) -> _Statement:
        try:
            key_id = str(jwt.get_unverified_header(token).get("kid"))
            key = self._keys.find(key_id)
            if key is None or key.private_key is None:
                raise self._without_key(token, key)
            claims = _decode(token, key.private_key)
        except jwt.InvalidTokenError:
            raise _invalid() from None
        return _Statement(Caller(str(claims["sub"]), str(claims.get("num", ""))), claims["exp"], key_id)

    def _without_key(self, token: str, withdrawn: SigningKey | None) -> errors.UnauthenticatedError:
        """A token whose key is not here any more is over; a session that was good then can be refreshed."""
        expire_time = _decode(token, None)["exp"]
        return _expired() if withdrawn or expire_time <= self._clock() else _invalid()

    def _remember(self, digest: bytes, statement: _Statement) -> None:
        self._genuine[digest] = statement
        if len(self._genuine) > self._max_remembered:
            self._genuine.popitem(last=False)


def _decode(token: str, private_key: Ed25519PrivateKey | None) -> dict[str, Any]:
    """What a token says; without a key it is not verified."""
    claims = jwt.decode(
        token,
        private_key.public_key() if private_key else "",
        algorithms=[_ALGORITHM],
        issuer=_ISSUER,
        options={
            "require": ["iss", "sub", "exp"],
            "verify_signature": private_key is not None,
            # The clock is ours, so that tests can move it.
            "verify_exp": False,
            "verify_iat": False,
        },
    )
    if not isinstance(claims["exp"], int):
        raise jwt.InvalidTokenError
    return claims


def _invalid() -> errors.UnauthenticatedError:
    return errors.UnauthenticatedError(
        errors.Reason.INVALID_TOKEN, "the access token is not one of this cloud; register the device here"
    )


def _expired() -> errors.UnauthenticatedError:
    return errors.UnauthenticatedError(errors.Reason.EXPIRED_TOKEN, "the access token has expired; refresh the session")
