"""RelationRadar as a process: settings, secret, store, domain, servicer, server."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial

from appshare.bus.opening import open_bus
from appshare.process.clock import system_clock
from appshare.process.command import server_command
from appshare.process.lifetime import in_background
from appshare.process.status_servicer import status_service
from appshare.relation_radar.blocks import Blocks
from appshare.relation_radar.code_senders.choice import open_code_sender
from appshare.relation_radar.devices import Devices
from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.friendship_changes import FriendshipChanges
from appshare.relation_radar.friendship_signals import FriendshipSignals
from appshare.relation_radar.people import People
from appshare.relation_radar.radar import Radar
from appshare.relation_radar.registration import Registrar
from appshare.relation_radar.servicer import RelationRadarServicer
from appshare.relation_radar.servicers.steady_keys import SteadyKeys
from appshare.relation_radar.settings import RadarSettings
from appshare.relation_radar.stores.opening import open_stores
from appshare.relation_radar.wakeups import Wakeups
from appshare.rpc.address import Address
from appshare.rpc.server import Service, running_server
from appshare.v1.relation_radar_pb2_grpc import add_RelationRadarServiceServicer_to_server


@asynccontextmanager
async def running(settings: RadarSettings) -> AsyncIterator[dict[str, Address]]:
    """Serves RelationRadar: devices, address books and friendship."""
    async with AsyncExitStack() as stack:
        stores = await stack.enter_async_context(open_stores(settings))
        store, number_keys, rotation = stores.radar, stores.number_keys, stores.rotation
        registrar = Registrar(
            store,
            number_keys,
            await stack.enter_async_context(open_code_sender(settings, system_clock)),
            system_clock,
            secret=number_keys.secrets[0],
            limits=settings.registration_limits(),
            default_region=settings.default_region,
        )
        rule = FriendshipRule(settings.friendship_rule, settings.shared_contacts)
        bus = await stack.enter_async_context(open_bus(settings, "relation-radar"))
        people, wakeups = People(store, number_keys), Wakeups(bus)
        signals = FriendshipSignals(store, stores.changes, rule, settings.hub_limit, wakeups)
        radar = Radar(store, number_keys, rule, settings.radar_limits(), stores.blocks, signals.device_changed)
        servicer = RelationRadarServicer(
            registrar,
            Devices(store, signals.device_changed),
            radar,
            Blocks(store, stores.blocks, people, signals, system_clock, settings.max_blocks),
            FriendshipChanges(
                radar, people, stores.changes, wakeups, system_clock, settings.watch_limits(), number_keys.steady
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
            replace(settings.server_options(), one_queue=True),
            interceptors=[SteadyKeys(number_keys)],
        )
        address = await stack.enter_async_context(server)
        yield {"listen": address}


main = server_command("relation-radar", RadarSettings, running)

if __name__ == "__main__":
    main()
