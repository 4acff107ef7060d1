"""RelationRadar as a process: settings, secret, store, domain, servicer, server."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from appshare.bus.opening import open_bus
from appshare.process.clock import system_clock
from appshare.process.command import server_command
from appshare.process.data_folder import owned_folder
from appshare.process.lifetime import in_background
from appshare.process.status_servicer import status_service
from appshare.relation_radar.blocks import Blocks
from appshare.relation_radar.code_senders.choice import open_code_sender
from appshare.relation_radar.devices import Devices
from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.friendship_changes import FriendshipChanges
from appshare.relation_radar.friendship_signals import FriendshipSignals
from appshare.relation_radar.key_file import KeyFile
from appshare.relation_radar.key_rotation import KeyRotation, split_secrets
from appshare.relation_radar.numbers import NumberKeys
from appshare.relation_radar.people import People
from appshare.relation_radar.radar import Radar
from appshare.relation_radar.registration import Registrar
from appshare.relation_radar.servicer import RelationRadarServicer
from appshare.relation_radar.servicers.steady_keys import SteadyKeys
from appshare.relation_radar.settings import RadarSettings
from appshare.relation_radar.stores.sqlite import MIGRATIONS, SqliteRadarStore
from appshare.relation_radar.stores.sqlite_blocks import SqliteBlockStore
from appshare.relation_radar.stores.sqlite_friendship_changes import SqliteFriendshipChangeStore
from appshare.relation_radar.stores.sqlite_key_rotation import SqliteKeyRotationStore
from appshare.relation_radar.wakeups import Wakeups
from appshare.rpc.address import Address
from appshare.rpc.server import Service, running_server
from appshare.sqlite.database import open_database
from appshare.v1.relation_radar_pb2_grpc import add_RelationRadarServiceServicer_to_server


@asynccontextmanager
async def running(settings: RadarSettings) -> AsyncIterator[dict[str, Address]]:
    """Serves RelationRadar: devices, address books and friendship."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(owned_folder(settings.data / "relation-radar"))
        key_file = KeyFile(folder / "number.key")
        database = await stack.enter_async_context(open_database(folder / "relation_radar.db", MIGRATIONS))
        store, rotation_store = SqliteRadarStore(database), SqliteKeyRotationStore(database)
        block_store, change_store = SqliteBlockStore(database), SqliteFriendshipChangeStore(database)
        in_use, waiting = split_secrets(key_file.read(), await rotation_store.state())
        number_keys = NumberKeys(*in_use)
        rotation = KeyRotation(rotation_store, number_keys, key_file.write, waiting)
        registrar = Registrar(
            store,
            number_keys,
            await stack.enter_async_context(open_code_sender(settings, system_clock)),
            system_clock,
            secret=in_use[0],
            limits=settings.registration_limits(),
            default_region=settings.default_region,
        )
        rule = FriendshipRule(settings.friendship_rule, settings.shared_contacts)
        bus = await stack.enter_async_context(open_bus(settings, "relation-radar"))
        people, wakeups = People(store, number_keys), Wakeups(bus)
        signals = FriendshipSignals(store, change_store, rule, settings.hub_limit, wakeups)
        radar = Radar(store, number_keys, rule, settings.radar_limits(), block_store, signals.device_changed)
        servicer = RelationRadarServicer(
            registrar,
            Devices(store, signals.device_changed),
            radar,
            Blocks(store, block_store, people, signals, system_clock, settings.max_blocks),
            FriendshipChanges(
                radar, people, change_store, wakeups, system_clock, settings.watch_limits(), number_keys.steady
            ),
            rotation,
            rule,
        )
        service = Service(
            "appshare.v1.RelationRadarService", partial(add_RelationRadarServiceServicer_to_server, servicer)
        )
        # It ends after the last call: what one carries is not changed under it.
        await stack.enter_async_context(in_background(rotation.run()))
        server = running_server(
            settings.listen,
            [service, status_service(settings)],
            settings.server_options(),
            interceptors=[SteadyKeys(number_keys)],
        )
        address = await stack.enter_async_context(server)
        yield {"listen": address}


main = server_command("relation-radar", RadarSettings, running)

if __name__ == "__main__":
    main()
