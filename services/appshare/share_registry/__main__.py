"""ShareRegistry as a process: settings, database, store, domain, servicer, server."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial

from appshare.bus.opening import open_bus
from appshare.process.clock import system_clock
from appshare.process.command import server_command
from appshare.process.lifetime import in_background
from appshare.process.status_servicer import status_service
from appshare.rpc.address import Address
from appshare.rpc.server import Service, running_server
from appshare.share_registry.deletion import Deletions
from appshare.share_registry.inbox_gauges import keep_measuring
from appshare.share_registry.inboxes import LOOK, Inboxes
from appshare.share_registry.installs import Installs
from appshare.share_registry.merged_shares import MergedShares
from appshare.share_registry.pushes import Pushes
from appshare.share_registry.registry import Registry
from appshare.share_registry.servicer import ShareRegistryServicer
from appshare.share_registry.settings import RegistrySettings
from appshare.share_registry.signals import Signals
from appshare.share_registry.stores.opening import opened_store
from appshare.v1.share_registry_pb2_grpc import add_ShareRegistryServiceServicer_to_server


@asynccontextmanager
async def running(settings: RegistrySettings) -> AsyncIterator[dict[str, Address]]:
    """Serves ShareRegistry: shared apps, audiences, pushes and inboxes."""
    async with AsyncExitStack() as stack:
        url = settings.database.get_secret_value()
        store = await stack.enter_async_context(opened_store(settings.data, url, settings.database_connections))
        bus = await stack.enter_async_context(open_bus(settings, "share-registry"))
        signals = Signals(bus)
        look = None if bus.is_alone else LOOK
        inboxes = Inboxes(store, signals, system_clock, settings.heartbeat, settings.inbox_age(), look)
        servicer = ShareRegistryServicer(
            Registry(store, signals, settings.max_apps),
            MergedShares(store, settings.names_threshold),
            Pushes(store, signals, system_clock, settings.push_limits(), settings.inbox_limits()),
            Installs(store, signals, system_clock, settings.inbox_limits()),
            inboxes,
            Deletions(store, signals),
        )
        service = Service(
            "appshare.v1.ShareRegistryService", partial(add_ShareRegistryServiceServicer_to_server, servicer)
        )
        server = running_server(
            settings.listen, [service, status_service(settings)], replace(settings.server_options(), one_queue=True)
        )
        address = await stack.enter_async_context(server)
        await stack.enter_async_context(inboxes.trimming())
        await stack.enter_async_context(in_background(keep_measuring(store, system_clock)))
        yield {"listen": address}


main = server_command("share-registry", RegistrySettings, running)

if __name__ == "__main__":
    main()
