from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from appshare.share_registry.deletion import Deletions
from appshare.share_registry.inboxes import Inboxes
from appshare.share_registry.installs import Installs
from appshare.share_registry.merged_shares import MergedShares
from appshare.share_registry.model import (
    App,
    Audience,
    AudienceKind,
    InboxLimits,
    Level,
    Platform,
    Push,
    PushOutcome,
    PushPolicy,
    PushPreference,
    RelatedDevice,
)
from appshare.share_registry.pushes import Pushes, PushLimits
from appshare.share_registry.registry import Registry
from appshare.share_registry.signals import Signals
from appshare.share_registry.stores.sqlite import MIGRATIONS, SqliteRegistryStore
from appshare.sqlite.database import open_database

MakeApp = Callable[..., App]

REACHED_PER_DAY = 200
INBOX_LIMITS = InboxLimits(events=150, per_sender=130)
MAX_AGE = 1_000_000.0


@pytest.fixture
def make_app() -> MakeApp:
    def make(package_name: str, version_code: int = 1, label: str = "Label") -> App:
        return App(Platform.ANDROID, package_name, label, f"{version_code}.0", version_code, "a" * 64, "")

    return make


@dataclass
class World:
    """The domain on a database of its own, and what the tests say most often."""

    store: SqliteRegistryStore
    registry: Registry
    pushes: Pushes
    inboxes: Inboxes
    merged_shares: MergedShares
    installs: Installs
    deletions: Deletions
    signals: Signals
    make_app: MakeApp
    now: float = 1_000.0

    async def share(self, owner_id: str, package_names: Iterable[str], kind: AudienceKind, *selected: str) -> None:
        names = list(package_names)
        await self.registry.change_inventory(owner_id, [self.make_app(name) for name in names], [])
        audience = Audience(kind, frozenset(selected))
        await self.registry.change_audiences(owner_id, dict.fromkeys(names, audience))

    async def accept_pushes(self, *device_ids: str) -> None:
        for device_id in device_ids:
            await self.pushes.change_preference(device_id, PushPreference(PushPolicy.FRIENDS))

    async def push(
        self, *recipient_ids: str, package_names: Iterable[str] = (), note: str = "", request_id: str = ""
    ) -> list[PushOutcome]:
        recipients = [RelatedDevice(each, Level.CONFIRMED) for each in recipient_ids]
        push = Push("owner", frozenset(package_names), note)
        return list((await self.pushes.deliver(push, recipients, request_id)).outcomes)

    async def send(self, note: str, *recipient_ids: str) -> None:
        """A push of a sender of its own to the viewer, or to others: none takes the place of another."""
        sender_id = f"sender-{note}"
        await self.share(sender_id, ["org.sent"], AudienceKind.FRIENDS)
        recipients = [RelatedDevice(each, Level.CONFIRMED) for each in recipient_ids or ["viewer"]]
        await self.pushes.deliver(Push(sender_id, frozenset(), note), recipients, "")


@pytest.fixture
async def world(tmp_path: Path, make_app: MakeApp) -> AsyncIterator[World]:
    async with open_database(tmp_path / "share_registry.db", MIGRATIONS) as database:
        store, signals = SqliteRegistryStore(database), Signals()
        world = World(
            store,
            Registry(store, signals, max_apps=5),
            Pushes(store, signals, lambda: world.now, PushLimits(REACHED_PER_DAY, request_memory=60), INBOX_LIMITS),
            Inboxes(store, signals, lambda: world.now, heartbeat=0.02, max_age=MAX_AGE),
            MergedShares(store, names_threshold=2),
            Installs(store, signals, lambda: world.now, INBOX_LIMITS),
            Deletions(store, signals),
            signals,
            make_app,
        )
        yield world
