"""RelationRadar on a real connection, made of the real parts on a database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import grpc
from tests.support.radar_stores import RadarStores
from tests.unit.relation_radar.doubles import FakeClock, RecordingSender

from appshare.relation_radar.blocks import Blocks
from appshare.relation_radar.devices import Devices
from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.friendship_changes import FriendshipChanges, WatchLimits
from appshare.relation_radar.friendship_signals import FriendshipSignals
from appshare.relation_radar.key_rotation import KeyRotation
from appshare.relation_radar.limits import RadarLimits
from appshare.relation_radar.numbers import NumberKeys
from appshare.relation_radar.people import People
from appshare.relation_radar.radar import Radar
from appshare.relation_radar.registration import Registrar, RegistrationLimits
from appshare.relation_radar.servicer import RelationRadarServicer
from appshare.relation_radar.servicers.steady_keys import SteadyKeys
from appshare.relation_radar.wakeups import Wakeups
from appshare.rpc.address import Address
from appshare.rpc.server import Service, running_server
from appshare.v1 import relation_radar_pb2 as pb
from appshare.v1.friendship_pb2 import Contact, ContactBook
from appshare.v1.relation_radar_pb2_grpc import RelationRadarServiceStub, add_RelationRadarServiceServicer_to_server

SECRET = bytes(range(32))
MAX_CONTACTS = 10
MAX_FRIENDS = 6
MAX_BLOCKS = 3
MAX_DEVICES = 3
NEW_CONTACTS_PER_DAY = 12
LOOKUP_BURST = 120

Register = Callable[..., Awaitable[str]]


class NoKeys:
    """Keeps no number keys: for radars that rotate none."""

    def read(self) -> list[bytes]:
        return [SECRET]

    def add(self, key: bytes, behind: int) -> list[bytes]:
        return [SECRET, key]


@asynccontextmanager
async def serving_radar(
    stores: RadarStores, clock: FakeClock, sender: RecordingSender, *, heartbeat: float = 0.05
) -> AsyncIterator[Any]:
    """Serves a radar under the default rule and small limits; yields its stub."""
    keys = NumberKeys(SECRET)
    limits = RegistrationLimits(code_lifetime=600, codes_per_hour=5, max_devices=MAX_DEVICES)
    registrar = Registrar(stores.radar, keys, sender, clock, secret=SECRET, limits=limits, default_region="CN")
    rotation = KeyRotation(stores.rotation, keys, NoKeys())
    bounds = RadarLimits(
        max_contacts=MAX_CONTACTS,
        max_friends=MAX_FRIENDS,
        new_contacts_per_day=NEW_CONTACTS_PER_DAY,
        lookups_per_hour=60,
        lookup_burst=LOOKUP_BURST,
    )
    async with serving(stores, registrar, keys, rotation, clock, bounds, heartbeat=heartbeat) as stub:
        yield stub


@asynccontextmanager
async def serving(
    stores: RadarStores,
    registrar: Registrar,
    keys: NumberKeys,
    rotation: KeyRotation,
    clock: FakeClock,
    bounds: RadarLimits,
    *,
    heartbeat: float = 0.05,
) -> AsyncIterator[Any]:
    """Serves a radar of the given parts; yields its stub."""
    store, blocks, changes = stores.radar, stores.blocks, stores.changes
    rule, people, wakeups = FriendshipRule(), People(store, keys), Wakeups()
    watch_limits = WatchLimits(bounds.max_friends, heartbeat, rest=0)
    signals = FriendshipSignals(store, changes, rule, bounds.hub_limit, wakeups)
    radar = Radar(store, keys, rule, bounds, blocks, signals.device_changed, clock)
    servicer = RelationRadarServicer(
        registrar,
        Devices(store, signals.device_changed),
        radar,
        Blocks(store, blocks, people, signals, clock, MAX_BLOCKS),
        FriendshipChanges(radar, people, changes, wakeups, clock, watch_limits, keys.steady),
        rotation,
        rule,
    )
    service = Service("appshare.v1.RelationRadarService", partial(add_RelationRadarServiceServicer_to_server, servicer))
    async with (
        running_server(Address("127.0.0.1", 0), [service], interceptors=[SteadyKeys(keys)]) as address,
        grpc.aio.insecure_channel(str(address)) as channel,
    ):
        yield RelationRadarServiceStub(channel)


def registering(stub: Any, sender: RecordingSender) -> Register:
    """What registers a device, with a book of the given numbers when there are any, and gives its id."""

    async def register(number: str, *book: str) -> str:
        started = await stub.StartRegistration(pb.StartRegistrationRequest(number=number))
        request = pb.ConfirmRegistrationRequest(registration_id=started.registration_id, code=sender.last_code)
        confirmed = await stub.ConfirmRegistration(request)
        if book:
            await stub.SyncBook(full(confirmed.device_id, *book))
        return str(confirmed.device_id)

    return register


def contacts(*numbers: str) -> list[Contact]:
    """Contacts with ids from 1, each with one number."""
    return [Contact(contact_id=contact_id, numbers=[number]) for contact_id, number in enumerate(numbers, start=1)]


def full(device_id: str, *numbers: str) -> pb.SyncBookRequest:
    """A sync of a whole book."""
    return pb.SyncBookRequest(device_id=device_id, full=ContactBook(contacts=contacts(*numbers)))
