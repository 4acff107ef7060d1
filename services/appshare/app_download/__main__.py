"""AppDownload as a process: settings, store, files, domain, servicer, server."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

from appshare.app_download.adaptation_table import AdaptationTable
from appshare.app_download.app_search import AppSearch
from appshare.app_download.catalogue import Catalogue
from appshare.app_download.decisions import Decisions
from appshare.app_download.ingestion import Ingestion
from appshare.app_download.matching import Matching
from appshare.app_download.package_files import PackageFiles
from appshare.app_download.package_reader import ReadingLimits
from appshare.app_download.servicer import AppDownloadServicer
from appshare.app_download.settings import DownloadSettings
from appshare.app_download.storage_care import StorageCare
from appshare.app_download.storages import storage_at
from appshare.app_download.stores.opening import opened_stores
from appshare.app_download.upstreams.running import running_upstreams
from appshare.app_download.upstreams.search import UpstreamSearch
from appshare.bus.opening import open_bus
from appshare.process.clock import system_clock
from appshare.process.command import server_command
from appshare.process.data_folder import folder_of_copy, owned_folder
from appshare.process.status_servicer import status_service
from appshare.rpc.address import Address
from appshare.rpc.server import Service, running_server


@asynccontextmanager
async def running(settings: DownloadSettings) -> AsyncIterator[dict[str, Address]]:
    """Serves AppDownload: catalogue, device fit and the bytes of packages."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(_working_folder(settings))
        url = settings.database.get_secret_value()
        bus = await stack.enter_async_context(open_bus(settings, "app-download"))
        stores = await stack.enter_async_context(opened_stores(folder, url, settings.database_connections, bus))
        store, decided, leases = stores.catalogue, stores.decisions, stores.leases
        files = PackageFiles(folder / "packages", storage_at(settings.packages_url, folder / "packages"))
        files.prepare()
        catalogue = Catalogue(store, decided, files, settings.admission_policy(), leases)
        ingestion = Ingestion(catalogue, files, max_package_size=settings.max_package_size, limits=ReadingLimits())
        search = UpstreamSearch(stores.upstreams, size_limit=settings.max_package_size)
        upstreams = await stack.enter_async_context(
            running_upstreams(
                *(stores.upstreams, store, catalogue, files, leases), settings.upstream_limits(), system_clock
            )
        )
        matching = Matching(store, decided, search)
        servicer = AppDownloadServicer(
            *(matching, ingestion, catalogue, upstreams),
            *(Decisions(decided, catalogue), AdaptationTable(decided, catalogue, leases)),
            AppSearch(stores.upstreams, matching),
            StorageCare(store, files, catalogue),
            chunk_size=settings.chunk_size,
        )
        service = Service("appshare.v1.AppDownloadService", servicer.add_to)
        server = running_server(settings.listen, [service, status_service(settings)], settings.server_options())
        address = await stack.enter_async_context(server)
        yield {"listen": address}


def _working_folder(settings: DownloadSettings) -> AbstractContextManager[Path]:
    """Where files are filled; and kept, when no bucket is given: then one process has it."""
    folder = settings.data / "app-download"
    return folder_of_copy(folder) if settings.may_have_copies else owned_folder(folder)


main = server_command("app-download", DownloadSettings, running)

if __name__ == "__main__":
    main()
