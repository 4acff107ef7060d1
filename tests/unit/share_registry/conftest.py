from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from appshare.share_registry.inboxes import Inboxes
from appshare.share_registry.model import (
    App,
    Audience,
    AudienceKind,
    Level,
    Platform,
    Push,
    PushOutcome,
    PushPolicy,
    PushPreference,
    RelatedDevice,
)
from appshare.share_registry.pushes import Pushes
from appshare.share_registry.registry import Registry
from appshare.share_registry.signals import Signals
from appshare.share_registry.stores.sqlite import MIGRATIONS, SqliteRegistryStore
from appshare.sql.database import open_database

MakeApp = Callable[..., App]


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
        return await self.pushes.deliver(Push("owner", frozenset(package_names), note), recipients, request_id)


@pytest.fixture
async def world(tmp_path: Path, make_app: MakeApp) -> AsyncIterator[World]:
    async with open_database(tmp_path / "share_registry.db", MIGRATIONS) as database:
        store, signals = SqliteRegistryStore(database), Signals()
        registry = Registry(store, signals, max_apps=5)
        inboxes = Inboxes(store, signals, heartbeat=0.02)
        pushes = Pushes(store, signals, clock=lambda: world.now, request_memory=60)
        world = World(store, registry, pushes, inboxes, signals, make_app)
        yield world
