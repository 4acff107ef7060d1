import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.relation_radar.books import contacts_of
from tests.unit.relation_radar.doubles import FakeClock, RecordingSender

from appshare.relation_radar.devices import Devices
from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.numbers import NumberKeys
from appshare.relation_radar.radar import Radar, RadarLimits
from appshare.relation_radar.registration import Registrar, RegistrationLimits
from appshare.relation_radar.store import RadarStore
from appshare.relation_radar.stores.sqlite import MIGRATIONS, SqliteRadarStore
from appshare.sql.database import open_database

SECRET = secrets.token_bytes(32)


@pytest.fixture
def number_keys() -> NumberKeys:
    return NumberKeys(SECRET)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[RadarStore]:
    async with open_database(tmp_path / "radar.db", MIGRATIONS) as database:
        yield SqliteRadarStore(database)


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
def devices(store: RadarStore) -> Devices:
    return Devices(store)


@pytest.fixture
def make_radar(store: RadarStore, number_keys: NumberKeys, clock: FakeClock) -> Callable[..., Radar]:
    """Makes a radar with a rule and limits on the one store."""

    def make(rule: FriendshipRule | None = None, **limits: Any) -> Radar:
        return Radar(store, number_keys, rule or FriendshipRule(), RadarLimits(**limits), clock)

    return make


@pytest.fixture
def add_device(registrar: Registrar, sender: RecordingSender, make_radar) -> Callable[..., Awaitable[str]]:
    """Registers a device with a number, its contacts each a number or numbers; gives its id."""

    async def add(number: str, *contacts: str | tuple[str, ...], region: str = "") -> str:
        registration = await registrar.start(number, region, None)
        device_id, _ = await registrar.confirm(registration.registration_id, sender.last_code)
        if contacts:
            await make_radar().replace_book(device_id, contacts_of(*contacts))
        return device_id

    return add
