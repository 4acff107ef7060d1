"""The rotation of the number key: every stored number is put under one more key, while service goes on."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from appshare import errors
from appshare.relation_radar.key_rotation_store import KeyRotationStore, KeyState, Phase
from appshare.relation_radar.numbers import NumberKeys, next_key

_SECRET_LENGTH = 32
"""Bytes."""

_FEW_BOOKS = 64
"""So many are copied while calls wait: a tenth of a second."""

_PAUSE = 5.0
"""Seconds before a rotation goes on whose storage failed."""

_log = structlog.get_logger(__name__)

KeepSecrets = Callable[[Sequence[bytes]], None]
"""Keeps the keys, the oldest first, durably and in place of those before; raises an OSError when it cannot."""


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
        keep: told of a new key before it is used.
        waiting: keys that are kept and not in use yet: the rotation to them was interrupted.
    """

    def __init__(
        self, store: KeyRotationStore, number_keys: NumberKeys, keep: KeepSecrets, waiting: Sequence[bytes] = ()
    ) -> None:
        self._store = store
        self._number_keys = number_keys
        self._keep = keep
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

    async def finish(self) -> None:
        """Does what is to be done; what another process has left unfinished comes first.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE; it can be called again.
        """
        await self._clear()
        while self._waiting:
            await self._rotate(self._waiting[0])
            self._waiting.pop(0)
            await self._clear()

    async def run(self) -> None:
        """Finishes each rotation that is started, until it is cancelled."""
        while True:
            await self._wanted.wait()
            try:
                await self.finish()
            except errors.UnavailableError as error:
                _log.warning("the rotation of the number key waits", reason=error.message)
                await asyncio.sleep(_PAUSE)
            else:
                self._wanted.clear()

    def _add_secret(self) -> None:
        # Not in a thread: cancelled, that would go on, and could put this key in the place of the next one.
        secret = secrets.token_bytes(_SECRET_LENGTH)
        try:
            self._keep([*self._number_keys.secrets, secret])
        except OSError as error:
            raise errors.UnavailableError(
                errors.Reason.STORAGE_UNAVAILABLE, "the new number key cannot be kept; nothing was changed"
            ) from error
        self._waiting.append(secret)
        self._wanted.set()

    async def _rotate(self, secret: bytes) -> None:
        rekey = partial(next_key, secret)
        await self._store.begin()
        books = (await self._store.state()).books_total
        for _ in range(2 * books):  # where books change as fast as they are copied, calls wait for the rest of them
            if await self._store.copy_books(rekey) <= _FEW_BOOKS:
                break
        async with self._number_keys.changing():
            await self._store.finish(rekey)
            self._number_keys.add(secret)
        _log.info("the number key is rotated", generation=len(self._number_keys.secrets))

    async def _clear(self) -> None:
        if (await self._store.state()).phase is Phase.CLEARING:
            await self._store.clear()


def split_secrets(kept: Sequence[bytes], state: KeyState) -> tuple[Sequence[bytes], Sequence[bytes]]:
    """Of the keys that are kept, those in use and those that wait for their rotation.

    Raises:
        errors.UnavailableError: STORAGE_UNAVAILABLE, when there are fewer than the numbers are stored under.
    """
    needed = state.generation + (state.phase is Phase.COPYING)
    if len(kept) < needed:
        raise errors.UnavailableError(
            errors.Reason.STORAGE_UNAVAILABLE,
            f"the file of the number keys holds {len(kept)}, the database needs {needed}:"
            " put back a backup of the file from after the last rotation was started",
        )
    return kept[: state.generation], kept[state.generation :]
