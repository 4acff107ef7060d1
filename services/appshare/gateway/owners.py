"""Friendship and shares asked for together: RelationRadar decides on every call, ShareRegistry need not wait for it."""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from appshare.gateway.backends import Backends
from appshare.gateway.people import as_owners, find_devices, not_shared
from appshare.gateway.under_way import under_way
from appshare.rpc.call import remaining_time
from appshare.rpc.interceptor import Context
from appshare.v1.friendship_pb2 import PersonRef
from appshare.v1.share_registry_pb2 import RelatedDevice

Answer = TypeVar("Answer")
Owners = Sequence[RelatedDevice]

_MAX_REMEMBERED = 20_000
"""Pairs of a viewer and a person; about 10 MB."""


class OwnersAsked:
    """Asks what the devices of a person share with a viewer.

    What the radar said of a person who shared something is remembered as a guess. At the next call the question goes
    out with it while the radar is asked again, and its answer counts only when the radar says the very same; else the
    question is asked anew. Of somebody who shares nothing nothing is remembered: such calls take the same way, and the
    same time, whether or not somebody is registered there.

    Args:
        max_remembered: beyond it the guess that was used longest ago is forgotten.
    """

    def __init__(self, backends: Backends, *, max_remembered: int = _MAX_REMEMBERED) -> None:
        self._backends = backends
        self._max_remembered = max_remembered
        self._guesses: OrderedDict[bytes, Owners] = OrderedDict()
        self._secret = secrets.token_bytes(32)  # a person may be named by a number, which is not kept

    def shared_before(self, viewer: str, person: PersonRef) -> bool:
        """Whether the person shared something with the viewer when that was last asked, as far as is remembered."""
        return self._key(viewer, person) in self._guesses

    async def ask(
        self,
        viewer: str,
        person: PersonRef,
        context: Context,
        question: Callable[[Owners], Coroutine[Any, Any, Answer]],
        is_shared: Callable[[Answer], bool],
    ) -> Answer:
        """What the question is answered for the devices of a person, whom the request names in its field `owner`.

        Args:
            question: asked once or twice, so it changes nothing.
            is_shared: whether the answer shows the viewer anything.

        Raises:
            errors.PermissionDeniedError: NOT_SHARED_WITH_YOU, whatever is missing.
        """
        key = self._key(viewer, person)
        guess = self._guesses.pop(key, None)
        if guess is None:
            owners = await self._find(viewer, person, context)
            answer = await question(owners)
        else:
            async with under_way(question(guess)) as guessed:
                owners = await self._find(viewer, person, context)
                answer = await (guessed if owners == guess else question(owners))
        if not is_shared(answer):
            raise not_shared()
        self._remember(key, owners)
        return answer

    async def _find(self, viewer: str, person: PersonRef, context: Context) -> Owners:
        found = await find_devices(self._backends, viewer, person, "owner", time_limit=remaining_time(context))
        return as_owners(found)

    def _key(self, viewer: str, person: PersonRef) -> bytes:
        digest = hashlib.blake2b(key=self._secret, digest_size=16)
        for part in (viewer.encode(), person.SerializeToString(deterministic=True)):
            digest.update(len(part).to_bytes(4) + part)
        return digest.digest()

    def _remember(self, key: bytes, owners: Owners) -> None:
        self._guesses[key] = owners
        self._guesses.move_to_end(key)
        if len(self._guesses) > self._max_remembered:
            self._guesses.popitem(last=False)
