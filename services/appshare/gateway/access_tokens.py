"""Access tokens: short-lived, signed statements of which device calls (JSON Web Tokens, RFC 7519, with EdDSA)."""

from dataclasses import dataclass

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appshare import errors
from appshare.process.clock import Clock

_ALGORITHM = "EdDSA"
_ISSUER = "appshare"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token and when it ends, in seconds since the epoch."""

    token: str
    expire_time: float


class AccessTokens:
    """Issues and verifies the access tokens of one gateway.

    Args:
        signing_key: an Ed25519 private key in PEM.
        lifetime: seconds that a token is good for.
    """

    def __init__(self, signing_key: bytes, lifetime: float, clock: Clock) -> None:
        key = serialization.load_pem_private_key(signing_key, password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError("the signing key is not an Ed25519 key")
        self._private_key = key
        self._public_key = key.public_key()
        self._lifetime = lifetime
        self._clock = clock

    def issue(self, device_id: str) -> AccessToken:
        """A token that says that the caller is the device."""
        expire_time = self._clock() + self._lifetime
        claims = {"iss": _ISSUER, "sub": device_id, "exp": int(expire_time)}
        return AccessToken(jwt.encode(claims, self._private_key, algorithm=_ALGORITHM), expire_time)

    def device_id(self, token: str) -> str:
        """The device that a token was issued to.

        Raises:
            errors.UnauthenticatedError: INVALID_TOKEN or EXPIRED_TOKEN.
        """
        try:
            claims = jwt.decode(
                token,
                self._public_key,
                algorithms=[_ALGORITHM],
                issuer=_ISSUER,
                # The clock is ours, so that tests can move it.
                options={"require": ["iss", "sub", "exp"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            raise errors.UnauthenticatedError(
                errors.Reason.INVALID_TOKEN, "the access token is not one of this cloud; register the device here"
            ) from None
        if claims["exp"] <= self._clock():
            raise errors.UnauthenticatedError(
                errors.Reason.EXPIRED_TOKEN, "the access token has expired; refresh the session"
            )
        return str(claims["sub"])


def new_signing_key() -> bytes:
    """A fresh Ed25519 private key in PEM."""
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
