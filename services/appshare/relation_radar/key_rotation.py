"""The rotation of the number key: every stored number is put under one more key, while service goes on."""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import structlog

from appshare import errors
from appshare.relation_radar.key_rotation_store import KeyRotationStore, Phase
from appshare.relation_radar.numbers import NumberKeys, next_key
from appshare.rpc.waiting import is_set_within

_SECRET_LENGTH = 32
"""Bytes."""

_CHECK_LENGTH = 16
"""Bytes."""

_FEW_BOOKS = 64
"""So many are copied while calls wait: a tenth of a second."""

_PAUSE = 5.0
"""Seconds before a rotation goes on whose storage failed."""

_LOOK = 1.0
"""Seconds after which is looked whether another copy of the service has begun a rotation, or finished one."""

_log = structlog.get_logger(__name__)


class KeptKeys(Protocol):
    """Where the keys are kept, the oldest first; all copies of the service have one such place."""

    def read(self) -> Sequence[bytes]:
        """The keys; the first one is made when there is none. Raises an OSError when it cannot."""

    def add(self, key: bytes, behind: int) -> Sequence[bytes]:
        """Keeps one more key, durably, unless there are more than `behind` already: another copy was faster.

        Returns:
            All keys.

        Raises:
            OSError: it cannot be kept; what was there is there still.
        """


@dataclass(frozen=True, slots=True)
class KeyRotationProgress:
    """How far a rotation is.

    Attributes:
        generation: how many keys have been in use, the present one with them.
        running: whether one is under way.
    """

    generation: int
    running: bool
    books_done: int
    books_total: int


class KeyRotation:
    """Rotates the number key, one key after the other.

    Args:
        kept: told of a new key before it is used.
        waiting: keys that are kept and not in use yet: the rotation to them was interrupted.
    """

    def __init__(
        self, store: KeyRotationStore, number_keys: NumberKeys, kept: KeptKeys, waiting: Sequence[bytes] = ()
    ) -> None:
        self._store = store
        self._number_keys = number_keys
        self._kept = kept
        self._waiting = list(waiting)
        self._starting = asyncio.Lock()
        self._wanted = asyncio.Event()
        self._wanted.set()

    async def start(self, from_generation: int = 0) -> KeyRotationProgress:
        """Starts a rotation, unless one is under way, or was since.

        Args:
            from_generation: the one that the caller knows to be in use; 0: whichever is.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE, when the key cannot be kept; no rotation was started.
        """
        async with self._starting:
            await self.follow()
            progress = await self.progress()
            if not progress.running and from_generation in (0, progress.generation):
                self._add_secret()
        return await self.progress()

    async def progress(self) -> KeyRotationProgress:
        """How far the rotation is.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE.
        """
        state = await self._store.state()
        running = bool(self._waiting) or state.phase is not Phase.SETTLED
        copying = running and state.phase is not Phase.CLEARING
        done = state.books_copied if copying else state.books_total
        return KeyRotationProgress(state.generation, running, done, state.books_total)

    async def follow(self) -> None:
        """Takes the keys into use that another copy of the service has, and takes part in what one has begun.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE, also when the keys that are kept here are not those.
        """
        generation, phase = await self._store.generation()
        if generation == len(self._number_keys.secrets) and (self._waiting or phase is not Phase.COPYING):
            return
        in_use, waiting = await self._read_secrets()
        later = in_use[len(self._number_keys.secrets) :]
        if later:
            async with self._number_keys.changing():
                for secret in later:
                    self._number_keys.add(secret)
            _log.info("the number key was rotated", generation=len(self._number_keys.secrets))
        self._waiting = list(waiting)

    async def finish(self) -> None:
        """Does what is to be done; what another process has left unfinished comes first.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE; it can be called again.
        """
        await self.follow()
        await self._clear()
        while self._waiting:
            secret = self._waiting[0]
            try:
                await self._rotate(secret)
            except errors.UnavailableError:
                await self.follow()
                if secret not in self._number_keys.secrets:  # else another copy was faster
                    raise
            self._waiting = [each for each in self._waiting if each not in self._number_keys.secrets]
            await self._clear()

    async def run(self) -> None:
        """Finishes each rotation that is started, here or by another copy of the service, until it is cancelled."""
        while True:
            self._wanted.clear()
            try:
                await self.finish()
            except errors.UnavailableError as error:
                _log.warning("the rotation of the number key waits", reason=error.message)
                await asyncio.sleep(_PAUSE)
            else:
                await is_set_within(self._wanted, _LOOK)

    def _add_secret(self) -> None:
        # Not in a thread: cancelled, that would go on, and could put this key in the place of the next one.
        in_use = len(self._number_keys.secrets)
        try:
            self._waiting = list(self._kept.add(secrets.token_bytes(_SECRET_LENGTH), in_use))[in_use:]
        except OSError as error:
            raise errors.UnavailableError(
                errors.Reason.STORAGE_UNAVAILABLE, "the new number key cannot be kept; nothing was changed"
            ) from error
        self._wanted.set()

    async def _rotate(self, secret: bytes) -> None:
        rekey = partial(next_key, secret)
        await self._store.begin(check_of(secret))
        await self._read_secrets()  # it is this key that has begun, and it is kept still
        books = (await self._store.state()).books_total
        for _ in range(2 * books):  # where books change as fast as they are copied, calls wait for the rest of them
            if await self._store.copy_books(rekey) <= _FEW_BOOKS:
                break
        async with self._number_keys.changing():
            await self._store.finish(rekey)
            self._number_keys.add(secret)
        _log.info("the number key is rotated", generation=len(self._number_keys.secrets))

    async def _read_secrets(self) -> tuple[Sequence[bytes], Sequence[bytes]]:
        try:
            return await read_secrets(self._store, self._kept)
        except OSError as error:
            raise errors.UnavailableError(
                errors.Reason.STORAGE_UNAVAILABLE,
                "the file of the number keys cannot be read; put it back from a backup",
            ) from error

    async def _clear(self) -> None:
        _, phase = await self._store.generation()
        if phase is Phase.CLEARING:
            await self._store.clear()


async def open_number_keys(store: KeyRotationStore, kept: KeptKeys) -> tuple[NumberKeys, KeyRotation]:
    """The keys that are in use, and their rotation.

    Raises:
        errors.UnavailableError: STORAGE_UNAVAILABLE, also when the keys that are kept are not those of the database.
        OSError: the keys cannot be read.
    """
    in_use, waiting = await read_secrets(store, kept)
    number_keys = NumberKeys(*in_use)
    return number_keys, KeyRotation(store, number_keys, kept, waiting)


async def read_secrets(store: KeyRotationStore, kept: KeptKeys) -> tuple[Sequence[bytes], Sequence[bytes]]:
    """Of the keys that are kept, those in use and those that wait for their rotation.

    Raises:
        errors.UnavailableError: STORAGE_UNAVAILABLE, when they are not those that the numbers are stored under.
        OSError: the keys cannot be read.
    """
    generation, phase = await store.generation()
    keys = kept.read()
    needed = generation + (phase is Phase.COPYING)
    if len(keys) < needed:
        raise errors.UnavailableError(
            errors.Reason.STORAGE_UNAVAILABLE,
            f"the file of the number keys holds {len(keys)}, the database needs {needed}:"
            " put back a backup of the file from after the last rotation was started",
        )
    if not await store.confirm([check_of(secret) for secret in keys]):
        raise errors.UnavailableError(
            errors.Reason.STORAGE_UNAVAILABLE,
            "the file of the number keys is not that of the database: put back a backup of it;"
            " all copies of the service need the same file",
        )
    return keys[:generation], keys[generation:]


def check_of(secret: bytes) -> bytes:
    """By what a key is known; it does not give the key away."""
    return hmac.digest(secret, b"AppShare number key", hashlib.sha256)[:_CHECK_LENGTH]
