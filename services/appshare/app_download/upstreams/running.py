"""The upstreams of a running service, put together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from appshare.app_download.catalogue import Catalogue
from appshare.app_download.leases import Leases
from appshare.app_download.package_files import PackageFiles
from appshare.app_download.store import CatalogueStore
from appshare.app_download.upstreams.demand import Demand
from appshare.app_download.upstreams.fetches import Fetches, FetchLimits
from appshare.app_download.upstreams.kept import KeptPackages
from appshare.app_download.upstreams.operation import Upstreams
from appshare.app_download.upstreams.refresh import Refresher
from appshare.app_download.upstreams.schedule import Schedule
from appshare.app_download.upstreams.store import UpstreamStore
from appshare.app_download.upstreams.web import open_web
from appshare.process.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamLimits:
    """How often upstreams are asked, and what they may send; sizes in bytes.

    Attributes:
        interval: seconds between two looks at an upstream; 0: only when the operator says so.
        fetches: packages that are fetched at once.
        kept_size: of all packages that are kept from upstreams; 0: no bound.
    """

    interval: float
    index_size: int
    package_size: int
    fetches: int
    kept_size: int

    def fetch_limits(self) -> FetchLimits:
        """What fetches keep to."""
        return FetchLimits(package_size=self.package_size, at_once=self.fetches)


@dataclass(frozen=True, slots=True)
class UpstreamParts:
    """What the servicers need."""

    operation: Upstreams
    fetches: Fetches
    demand: Demand


@asynccontextmanager
async def running_upstreams(
    store: UpstreamStore,
    packages: CatalogueStore,
    catalogue: Catalogue,
    files: PackageFiles,
    leases: Leases,
    limits: UpstreamLimits,
    clock: Clock,
) -> AsyncIterator[UpstreamParts]:
    """Keeps the upstreams up to date and fetches from them while the context is open."""
    async with AsyncExitStack() as stack:
        web = await stack.enter_async_context(open_web())
        kept = KeptPackages(store, catalogue, clock, limit=limits.kept_size, leases=leases)
        fetches = Fetches(*(store, web, catalogue, files, kept, leases), limits.fetch_limits())
        await stack.enter_async_context(fetches.running())
        await stack.enter_async_context(kept.running())
        demand = Demand(store, packages, fetches, kept, clock)
        await stack.enter_async_context(demand.running())
        refresher = Refresher(store, web, files, clock, index_limit=limits.index_size, leases=leases)
        schedule = Schedule(store, refresher, clock, interval=limits.interval, after_round=demand.update)
        await stack.enter_async_context(schedule.running())
        yield UpstreamParts(Upstreams(store, refresher, schedule, kept), fetches, demand)
