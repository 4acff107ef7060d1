import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.relation_radar.books import contacts_of
from tests.unit.relation_radar.doubles import FakeClock, RecordingSender

from appshare.relation_radar.blocks import Blocks
from appshare.relation_radar.devices import Devices
from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.friendship_changes import FriendshipChanges, WatchLimits
from appshare.relation_radar.friendship_signals import FriendshipSignals
from appshare.relation_radar.limits import RadarLimits
from appshare.relation_radar.numbers import NumberKeys
from appshare.relation_radar.people import People
from appshare.relation_radar.radar import Radar
from appshare.relation_radar.registration import Registrar, RegistrationLimits
from appshare.relation_radar.store import RadarStore
from appshare.relation_radar.stores.sqlite import MIGRATIONS, SqliteRadarStore
from appshare.relation_radar.stores.sqlite_blocks import SqliteBlockStore
from appshare.relation_radar.stores.sqlite_friendship_changes import SqliteFriendshipChangeStore
from appshare.relation_radar.wakeups import Wakeups
from appshare.sqlite.database import Database, open_database

SECRET = secrets.token_bytes(32)
MAX_BLOCKS = 5


@pytest.fixture
def number_keys() -> NumberKeys:
    return NumberKeys(SECRET)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "radar.db", MIGRATIONS) as database:
        yield database


@pytest.fixture
def store(database: Database) -> RadarStore:
    return SqliteRadarStore(database)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def sender() -> RecordingSender:
    return RecordingSender()


@pytest.fixture
def registrar(store: RadarStore, number_keys: NumberKeys, sender: RecordingSender, clock: FakeClock) -> Registrar:
    limits = RegistrationLimits(code_lifetime=600, codes_per_hour=3, session_lifetime=30 * 24 * 3600.0, max_devices=3)
    return Registrar(store, number_keys, sender, clock, secret=SECRET, limits=limits, default_region="CN")


@pytest.fixture
def devices(store: RadarStore, make_signals: Callable[..., FriendshipSignals]) -> Devices:
    return Devices(store, make_signals().device_changed)


@pytest.fixture
def wakeups() -> Wakeups:
    return Wakeups()


@pytest.fixture
def make_signals(database: Database, store: RadarStore, wakeups: Wakeups) -> Callable[..., FriendshipSignals]:
    """Makes signals for a rule."""

    def make(rule: FriendshipRule | None = None, hub_limit: int = 200) -> FriendshipSignals:
        changes = SqliteFriendshipChangeStore(database)
        return FriendshipSignals(store, changes, rule or FriendshipRule(), hub_limit, wakeups)

    return make


@pytest.fixture
def make_radar(
    database: Database,
    store: RadarStore,
    number_keys: NumberKeys,
    clock: FakeClock,
    make_signals: Callable[..., FriendshipSignals],
) -> Callable[..., Radar]:
    """Makes a radar with a rule and limits on the one store."""

    def make(rule: FriendshipRule | None = None, **limits: Any) -> Radar:
        bounds = RadarLimits(**limits)
        changed = make_signals(rule, bounds.hub_limit).device_changed
        return Radar(store, number_keys, rule or FriendshipRule(), bounds, SqliteBlockStore(database), changed, clock)

    return make


@pytest.fixture
def blocks(
    database: Database,
    store: RadarStore,
    number_keys: NumberKeys,
    clock: FakeClock,
    make_signals: Callable[..., FriendshipSignals],
) -> Blocks:
    people = People(store, number_keys)
    return Blocks(store, SqliteBlockStore(database), people, make_signals(), clock, MAX_BLOCKS)


@pytest.fixture
def make_changes(
    database: Database, store: RadarStore, number_keys: NumberKeys, wakeups: Wakeups, clock: FakeClock
) -> Callable[..., FriendshipChanges]:
    """Makes the changes of friendships as a radar sees them; idle streams say soon that they live."""

    def make(
        radar: Radar, *, max_friends: int = 2_000, heartbeat: float = 0.01, look: float = 600
    ) -> FriendshipChanges:
        limits = WatchLimits(max_friends, heartbeat, look, rest=0)
        people, changes = People(store, number_keys), SqliteFriendshipChangeStore(database)
        return FriendshipChanges(radar, people, changes, wakeups, clock, limits, number_keys.steady)

    return make


@pytest.fixture
def add_device(registrar: Registrar, sender: RecordingSender, make_radar) -> Callable[..., Awaitable[str]]:
    """Registers a device with a number, its contacts each a number or numbers; gives its id."""

    async def add(number: str, *contacts: str | tuple[str, ...], region: str = "") -> str:
        registration = await registrar.start(number, region, None)
        device_id, _ = await registrar.confirm(registration.registration_id, sender.last_code)
        if contacts:
            await make_radar().books.replace(device_id, contacts_of(*contacts))
        return device_id

    return add
