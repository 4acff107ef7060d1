"""Pushes: who gets them, and that each is delivered once."""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from appshare import errors
from appshare.process.clock import Clock
from appshare.share_registry.model import (
    Delivery,
    InboxLimits,
    Level,
    Push,
    PushOutcome,
    PushPolicy,
    PushPreference,
    PushQuota,
    PushReceipt,
    PushStance,
    RelatedDevice,
)
from appshare.share_registry.registry import require_apps
from appshare.share_registry.signals import Signals
from appshare.share_registry.store import RegistryChange, RegistryStore
from appshare.share_registry.visibility import is_friend, keys_held, level_towards

_UNSAID = PushPreference(PushPolicy.OFF)

_DAY = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class PushLimits:
    """The bounds of pushing.

    Attributes:
        reached_per_day: recipients that the pushes of a sender reach in a day.
        request_memory: seconds in which a repeated request is recognised by its id.
    """

    reached_per_day: int = 2_000
    request_memory: float = 7 * _DAY


class Pushes:
    """Pushes from one device to others, and from whom a device accepts them."""

    def __init__(
        self, store: RegistryStore, signals: Signals, clock: Clock, limits: PushLimits, inbox_limits: InboxLimits
    ) -> None:
        self._store = store
        self._signals = signals
        self._clock = clock
        self._limits = limits
        self._inbox_limits = inbox_limits

    async def preference(self, device_id: str) -> PushPreference:
        """From whom a device accepts pushes."""
        return await self._store.push_preference(device_id) or _UNSAID

    async def change_preference(self, device_id: str, preference: PushPreference) -> None:
        """Says from whom a device accepts pushes from now on; what is in its inbox stays there."""
        async with self._store.change(device_id) as change:
            await change.replace_push_preference(device_id, preference)

    async def deliver(self, push: Push, recipients: Sequence[RelatedDevice], request_id: str) -> Delivery:
        """Puts a push into the inboxes of the recipients that accept it.

        Args:
            recipients: with the level that each has as viewer of the sender.
            request_id: a push with the same one is delivered once, and whom it did not reach then it does not reach
                again; empty for none.

        Raises:
            errors.NotFoundError: APP_NOT_FOUND, when the sender's own inventory lacks an app that the push names.
            errors.AlreadyExistsError: REQUEST_ID_REUSED, when the sender used the request id for another push.
            errors.ResourceExhaustedError: LIMIT_EXCEEDED, when it would reach too many in a day; it reaches nobody.
        """
        accepted: frozenset[str] = frozenset()
        try:
            async with self._store.change(push.sender_id) as change:
                if request_id:
                    receipt = await self._deliver_once(change, push, recipients, request_id)
                else:
                    receipt = await self._deliver(change, push, recipients)
                accepted = receipt.accepted
        finally:
            self._signals.wake(accepted)  # also when the call was cancelled: the push may be in the inboxes
        outcomes = [
            PushOutcome.ACCEPTED if recipient.device_id in receipt.accepted else PushOutcome.REFUSED
            for recipient in recipients
        ]
        return Delivery(receipt.push_id, tuple(outcomes))

    async def withdraw(self, sender_id: str, push_id: str) -> None:
        """Takes a push back from all who have not acknowledged it; one that is not there is none to take back."""
        with self._signals.changing(sender_id):
            async with self._store.change(sender_id) as change:
                await change.remove_push(sender_id, push_id)

    async def _deliver_once(
        self, change: RegistryChange, push: Push, recipients: Sequence[RelatedDevice], request_id: str
    ) -> PushReceipt:
        now = self._clock()
        await change.forget_push_receipts(now - self._limits.request_memory)
        receipt = await change.push_receipt(push.sender_id, request_id)
        if receipt is None:
            receipt = await self._deliver(change, push, recipients)
            await change.add_push_receipt(push.sender_id, request_id, receipt, now)
        if receipt.digest != _digest(push):
            raise errors.AlreadyExistsError(
                errors.Reason.REQUEST_ID_REUSED,
                "the request id belongs to another push; choose a new one for a new push",
                field="request_id",
            )
        return receipt

    async def _deliver(self, change: RegistryChange, push: Push, recipients: Sequence[RelatedDevice]) -> PushReceipt:
        push_id, accepted = secrets.token_hex(16), await _accepting(change, push, recipients)
        if accepted:
            now = self._clock()
            await self._count(change, push.sender_id, len(accepted), now)
            await change.add_push(push_id, push, accepted, now, self._inbox_limits)
        return PushReceipt(push_id, _digest(push), frozenset(accepted))

    async def _count(self, change: RegistryChange, sender_id: str, reached: int, now: float) -> None:
        """Counts whom a push reaches, and nobody else: another count would tell who is registered."""
        quota = await change.push_quota(sender_id)
        if quota is None or not quota.since_time <= now < quota.since_time + _DAY:
            quota = PushQuota(now, 0)
        count = quota.count + reached
        if count > self._limits.reached_per_day:
            raise errors.ResourceExhaustedError(
                errors.Reason.LIMIT_EXCEEDED,
                f"pushes reach at most {self._limits.reached_per_day} devices in a day; push again later",
                retry_after=timedelta(seconds=quota.since_time + _DAY - now),
                limit="pushes_per_day",
            )
        await change.replace_push_quota(sender_id, PushQuota(quota.since_time, count))


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
    if stance.mutes_sender:
        return False
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
