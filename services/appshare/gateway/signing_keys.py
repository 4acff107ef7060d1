"""The keys that sign access tokens: the newest signs, the older ones are accepted until their last token is over."""

import asyncio
import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appshare import errors
from appshare.process import secret_file
from appshare.process.clock import Clock

_MAX_OLDER = 100
"""Keys whose tokens are not over."""

_LOOK_EVERY = 1.0
"""Seconds between two looks at what other copies have changed, and for keys whose tokens are over."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key and what is known of the tokens that it has signed. Times are in seconds since the epoch.

    Attributes:
        key_id: names it in the header of its tokens.
        private_key: None when the key was withdrawn: it is known by its name only, until its tokens are over.
        longest_lifetime: seconds, of any token that it has signed.
        supersede_time: when another took its place; None for the newest.
        request_id: of the rotation that has made it; empty: none.
    """

    key_id: str
    private_key: Ed25519PrivateKey | None
    create_time: float
    longest_lifetime: float
    supersede_time: float | None = None
    request_id: str = ""

    @property
    def over_time(self) -> float | None:
        """When its last token is over; None while it signs."""
        return None if self.supersede_time is None else self.supersede_time + self.longest_lifetime


class SigningKeyFile:
    """Keys in a file, as JSON, the oldest first; a crash leaves those before a change or those after it.

    Attributes:
        watched: says when another copy of the gateway has changed it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.watched = secret_file.Watched(path)

    def changing(self) -> AbstractContextManager[None]:
        """No other copy changes it while the context is open.

        Raises:
            OSError: the folder cannot be written.
        """
        return secret_file.changing(self._path)

    def read(self, now: float) -> list[SigningKey]:
        """The keys; the first one is made when there is no file yet.

        Raises:
            OSError: the file cannot be read or written, or is damaged.
        """
        self.watched.seen()
        content = secret_file.read_or_create(self._path, lambda: _as_json([_new_key(now)]))
        try:
            keys = [_read_key(each) for each in json.loads(content)["keys"]]
        except (ValueError, KeyError, TypeError):
            keys = []
        if not keys or keys[-1].private_key is None:
            raise OSError(f"{self._path} is damaged: put it back from a backup, or remove it: devices register anew")
        return keys

    def write(self, keys: Sequence[SigningKey]) -> None:
        """Keeps these keys and no others, durably.

        Raises:
            OSError: the file cannot be written.
        """
        secret_file.replace(self._path, _as_json(keys))
        self.watched.seen()


class SigningKeys:
    """The keys of a gateway, which its copies share in one file.

    A key is on disk before it signs, and a change holds the process up for a write. What another copy has changed
    counts within a second; a key that is not known here is looked for at once, since another copy may sign with it.

    Args:
        lifetime: seconds that tokens are good for from now on.

    Raises:
        OSError: the file cannot be read or written, or is damaged.
    """

    def __init__(self, file: SigningKeyFile, lifetime: float, clock: Clock) -> None:
        self._file = file
        self._lifetime = lifetime
        self._clock = clock
        self._read()
        if self.newest.longest_lifetime < lifetime:
            with self._changing():
                self._keep([*self.older, replace(self.newest, longest_lifetime=lifetime)])
        with suppress(OSError):  # secrets that are mounted for reading: they are forgotten here, and sign nothing
            self.forget_over()

    @property
    def newest(self) -> SigningKey:
        """The key that signs."""
        return next(reversed(self._keys.values()))

    @property
    def signing(self) -> tuple[str, Ed25519PrivateKey]:
        """The key that signs, and its name."""
        newest = self.newest
        if newest.private_key is None:
            raise RuntimeError("the newest key is never withdrawn")
        return newest.key_id, newest.private_key

    @property
    def older(self) -> list[SigningKey]:
        """The other keys, the oldest first."""
        return list(self._keys.values())[:-1]

    def find(self, key_id: str) -> SigningKey | None:
        """The key of a name, which may have been withdrawn; None when there is none, or its tokens are over."""
        if key_id not in self._keys:
            self.refresh()
        return self._keys.get(key_id)

    def refresh(self) -> None:
        """Reads what another copy has changed; what cannot be read leaves the keys as they are, and is logged."""
        if not self._file.watched.has_changed:
            return
        try:
            self._read()
        except OSError as error:
            self._file.watched.seen()
            _log.error("signing keys that another copy has changed cannot be read", why=str(error))

    def rotate(self, *, withdraw_older: bool = False, request_id: str = "") -> None:
        """Makes a key that signs from now on.

        Args:
            withdraw_older: refuse the tokens of the other keys at once, as when one of them has leaked.
            request_id: the same as that of the newest key: it is the answer to this request; empty: none.

        Raises:
            errors.ResourceExhaustedError: LIMIT_EXCEEDED, when the tokens of too many keys are not over.
            OSError: the keys cannot be written; those before stay in use.
        """
        with self._changing():
            self._rotate(withdraw_older=withdraw_older, request_id=request_id)

    def _rotate(self, *, withdraw_older: bool, request_id: str) -> None:
        if request_id and request_id == self.newest.request_id:
            return
        now, held = self._clock(), self._held()
        if len(held) >= _MAX_OLDER:
            raise errors.ResourceExhaustedError(
                errors.Reason.LIMIT_EXCEEDED,
                f"the tokens of {_MAX_OLDER} keys are not over yet",
                retry_after=timedelta(seconds=min(key.over_time or now for key in held) - now),
            )
        older = [*held, replace(self.newest, supersede_time=now)]
        if withdraw_older:
            older = [replace(key, private_key=None) for key in older]
        self._keep([*older, replace(_new_key(now), longest_lifetime=self._lifetime, request_id=request_id)])

    def forget_over(self) -> None:
        """Removes the keys whose tokens are over.

        Raises:
            OSError: the file cannot be written.
        """
        if len(self._held()) < len(self._keys) - 1:
            with self._changing():
                self._keep([*self._held(), self.newest])

    async def keep_up(self) -> None:
        """Reads what others have changed, and removes the keys whose tokens are over, for as long as it runs."""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            self.refresh()
            with suppress(OSError):  # a full disk: they are removed at another look, and sign nothing meanwhile
                self.forget_over()

    def _held(self) -> list[SigningKey]:
        now = self._clock()
        return [key for key in self.older if key.over_time is None or key.over_time > now]

    def _read(self) -> None:
        self._keys = {key.key_id: key for key in self._file.read(self._clock())}

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Nobody else changes the keys, which are the newest, while the context is open."""
        with self._file.changing():
            self.refresh()
            yield

    def _keep(self, keys: Sequence[SigningKey]) -> None:
        self._file.write(keys)
        self._keys = {key.key_id: key for key in keys}


def _new_key(now: float) -> SigningKey:
    private_key = Ed25519PrivateKey.generate()
    return SigningKey(_key_id(private_key), private_key, now, 0)


def _key_id(private_key: Ed25519PrivateKey) -> str:
    """The thumbprint of the public key (RFC 7638, RFC 8037), shortened: enough to tell keys apart."""
    public = private_key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    x = base64.urlsafe_b64encode(public).rstrip(b"=").decode()
    return hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode()).hexdigest()[:16]


def _as_json(keys: Sequence[SigningKey]) -> bytes:
    return json.dumps({"keys": [_write_key(key) for key in keys]}, indent=2).encode() + b"\n"


def _write_key(key: SigningKey) -> dict[str, Any]:
    return {
        "key_id": key.key_id,
        "private_key": key.private_key and key.private_key.private_bytes_raw().hex(),
        "create_time": key.create_time,
        "longest_lifetime": key.longest_lifetime,
        "supersede_time": key.supersede_time,
        "request_id": key.request_id,
    }


def _read_key(fields: dict[str, Any]) -> SigningKey:
    private_key = fields["private_key"]
    superseded = fields["supersede_time"]
    return SigningKey(
        key_id=str(fields["key_id"]),
        private_key=private_key and Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private_key)),
        create_time=float(fields["create_time"]),
        longest_lifetime=float(fields["longest_lifetime"]),
        supersede_time=None if superseded is None else float(superseded),
        request_id=str(fields["request_id"]),
    )
