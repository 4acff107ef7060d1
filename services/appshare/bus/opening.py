"""The bus that the settings ask for: through NATS, else through the database, else none."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from appshare.bus.bus import Bus, NoBus
from appshare.process.lifetime import in_background
from appshare.process.settings import ProcessSettings


@asynccontextmanager
async def open_bus(settings: ProcessSettings, name: str) -> AsyncIterator[Bus]:
    """A bus while the context is open; it does not wait for its server, which may come and go.

    Args:
        name: of the process, for the server's operator.
    """
    nats, database = settings.nats.get_secret_value(), settings.database.get_secret_value()
    if not (nats or database):
        yield NoBus()
        return
    from appshare.bus.linked import LinkedBus  # noqa: PLC0415  # its metrics are for who has a bus

    if nats:
        from appshare.bus.nats_link import open_nats_link  # noqa: PLC0415  # needs the extra `scale`

        servers = [each.strip() for each in nats.split(",")]
        bus = LinkedBus("NATS", partial(open_nats_link, servers, settings.nats_ca, f"appshare {name}"))
    else:
        from appshare.bus.postgresql_link import open_postgresql_link  # noqa: PLC0415  # the same

        bus = LinkedBus("PostgreSQL", partial(open_postgresql_link, database, f"appshare {name} bus"))
    async with in_background(bus.run()):
        yield bus
