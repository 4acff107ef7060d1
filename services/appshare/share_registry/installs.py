"""Installs: an owner is told that a viewer has installed what it shares."""

from collections.abc import Iterable, Sequence

from appshare.process.clock import Clock
from appshare.share_registry.model import InboxLimits, Install, RelatedDevice
from appshare.share_registry.signals import Signals
from appshare.share_registry.store import RegistryChange, RegistryStore
from appshare.share_registry.visibility import is_friend, keyring, level_towards


class Installs:
    """Tells owners of installs."""

    def __init__(self, store: RegistryStore, signals: Signals, clock: Clock, inbox_limits: InboxLimits) -> None:
        self._store = store
        self._signals = signals
        self._clock = clock
        self._inbox_limits = inbox_limits

    async def record(self, install: Install, owners: Sequence[RelatedDevice]) -> bool:
        """Tells those of the owners that share the app with the viewer; each once per version, and no lower one later.

        An owner that is no friend, or has muted the viewer, is not told; the viewer does not learn it.

        Args:
            owners: each with its level as owner.

        Returns:
            Whether one of them shares the app with the viewer.
        """
        told: frozenset[str] = frozenset()
        try:
            async with self._store.change(install.viewer_id) as change:
                sharing = await change.owners_sharing(keyring(install.viewer_id, owners), install.package_name)
                to_tell = await _to_tell(
                    change, install.viewer_id, [each for each in owners if each.device_id in sharing]
                )
                told = await change.add_install(to_tell, install, self._clock(), self._inbox_limits)
        finally:
            self._signals.wake(told)  # also when the call was cancelled: the event may be in the inboxes
        return bool(sharing)


async def _to_tell(change: RegistryChange, viewer_id: str, owners: Iterable[RelatedDevice]) -> list[str]:
    friends = [each.device_id for each in owners if is_friend(level_towards(viewer_id, each))]
    stances = await change.push_stances(viewer_id, friends)
    return [each for each in friends if each not in stances or not stances[each].mutes_sender]
