"""Pushes: who gets them, and that each is delivered once."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from appshare import errors
from appshare.process.clock import Clock
from appshare.share_registry.model import (
    Level,
    Push,
    PushOutcome,
    PushPolicy,
    PushPreference,
    PushReceipt,
    PushStance,
    RelatedDevice,
)
from appshare.share_registry.registry import require_apps
from appshare.share_registry.signals import Signals
from appshare.share_registry.store import RegistryChange, RegistryStore
from appshare.share_registry.visibility import is_friend, keys_held, level_towards

_UNSAID = PushPreference(PushPolicy.OFF)


class Pushes:
    """Pushes from one device to others, and from whom a device accepts them.

    Args:
        request_memory: seconds in which a repeated request is recognised by its id.
    """

    def __init__(self, store: RegistryStore, signals: Signals, clock: Clock, request_memory: float) -> None:
        self._store = store
        self._signals = signals
        self._clock = clock
        self._request_memory = request_memory

    async def preference(self, device_id: str) -> PushPreference:
        """From whom a device accepts pushes."""
        return await self._store.push_preference(device_id) or _UNSAID

    async def change_preference(self, device_id: str, preference: PushPreference) -> None:
        """Says from whom a device accepts pushes from now on; what is in its inbox stays there."""
        async with self._store.change() as change:
            await change.replace_push_preference(device_id, preference)

    async def deliver(self, push: Push, recipients: Sequence[RelatedDevice], request_id: str) -> list[PushOutcome]:
        """Puts a push into the inboxes of the recipients that accept it; returns an outcome per recipient.

        Args:
            recipients: with the level that each has as viewer of the sender.
            request_id: a push with the same one is delivered once, and whom it did not reach then it does not reach
                again; empty for none.

        Raises:
            errors.NotFoundError: APP_NOT_FOUND, when the sender's own inventory lacks an app that the push names.
            errors.AlreadyExistsError: REQUEST_ID_REUSED, when the sender used the request id for another push.
        """
        async with self._store.change() as change:
            if request_id:
                accepted = await self._deliver_once(change, push, recipients, request_id)
            else:
                accepted = await self._deliver(change, push, recipients)
        self._signals.wake(accepted)
        return [
            PushOutcome.ACCEPTED if recipient.device_id in accepted else PushOutcome.REFUSED for recipient in recipients
        ]

    async def _deliver_once(
        self, change: RegistryChange, push: Push, recipients: Sequence[RelatedDevice], request_id: str
    ) -> frozenset[str]:
        now, digest = self._clock(), _digest(push)
        await change.forget_push_receipts(now - self._request_memory)
        receipt = await change.push_receipt(push.sender_id, request_id)
        if receipt is None:
            receipt = PushReceipt(digest, await self._deliver(change, push, recipients))
            await change.add_push_receipt(push.sender_id, request_id, receipt, now)
        if receipt.digest != digest:
            raise errors.AlreadyExistsError(
                errors.Reason.REQUEST_ID_REUSED,
                "the request id belongs to another push; choose a new one for a new push",
                field="request_id",
            )
        return receipt.accepted

    async def _deliver(self, change: RegistryChange, push: Push, recipients: Sequence[RelatedDevice]) -> frozenset[str]:
        accepted = await _accepting(change, push, recipients)
        if accepted:
            await change.add_push(push, accepted, self._clock())
        return frozenset(accepted)


async def _accepting(change: RegistryChange, push: Push, recipients: Iterable[RelatedDevice]) -> Mapping[str, Level]:
    """The recipients that get a push: friends that accept it and may see something of it."""
    await require_apps(change, push.sender_id, push.package_names)
    friends = {each.device_id: each.level for each in recipients if is_friend(level_towards(push.sender_id, each))}
    stances = await change.push_stances(push.sender_id, friends)
    admitted = await change.admitted_keys(push.sender_id, push.package_names)
    return {
        device_id: level
        for device_id, level in friends.items()
        if device_id in stances and _accepts(stances[device_id]) and admitted & keys_held(device_id, level)
    }


def _accepts(stance: PushStance) -> bool:
    """Whether a device accepts the pushes of a friend towards whom it stands so."""
    match stance.policy:
        case PushPolicy.OFF:
            return False
        case PushPolicy.FRIENDS:
            return True
        case PushPolicy.SELECTED:
            return stance.names_sender


def _digest(push: Push) -> bytes:
    """Of what the sender chose, but not of the recipients.

    The sender chose people. Which devices they have and how these stand to the sender can change until it tries again,
    and telling it that this is another push now would tell it so.
    """
    return hashlib.sha256(json.dumps([sorted(push.package_names), push.note]).encode()).digest()
