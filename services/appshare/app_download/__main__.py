"""AppDownload as a process: settings, store, files, domain, servicer, server."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

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
from appshare.app_download.stores.sqlite import MIGRATIONS, SqliteCatalogueStore
from appshare.app_download.stores.sqlite_decisions import SqliteDecisionStore
from appshare.app_download.stores.sqlite_upstreams import SqliteUpstreamStore
from appshare.app_download.upstreams.running import running_upstreams
from appshare.app_download.upstreams.search import UpstreamSearch
from appshare.process.clock import system_clock
from appshare.process.command import server_command
from appshare.process.data_folder import owned_folder
from appshare.process.status_servicer import status_service
from appshare.rpc.address import Address
from appshare.rpc.server import Service, running_server
from appshare.sqlite.database import open_database


@asynccontextmanager
async def running(settings: DownloadSettings) -> AsyncIterator[dict[str, Address]]:
    """Serves AppDownload: catalogue, device fit and the bytes of packages."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(owned_folder(settings.data / "app-download"))
        database = await stack.enter_async_context(open_database(folder / "app_download.db", MIGRATIONS))
        store = SqliteCatalogueStore(database)
        files = PackageFiles(folder / "packages", storage_at(settings.packages_url, folder / "packages"))
        files.prepare()
        decided = SqliteDecisionStore(database)
        catalogue = Catalogue(store, decided, files, settings.admission_policy())
        ingestion = Ingestion(catalogue, files, max_package_size=settings.max_package_size, limits=ReadingLimits())
        upstream_store = SqliteUpstreamStore(database)
        search = UpstreamSearch(upstream_store, size_limit=settings.max_package_size)
        upstreams = await stack.enter_async_context(
            running_upstreams(upstream_store, store, catalogue, files, settings.upstream_limits(), system_clock)
        )
        matching = Matching(store, decided, search)
        servicer = AppDownloadServicer(
            *(matching, ingestion, catalogue, upstreams),
            *(Decisions(decided, catalogue), AdaptationTable(decided, catalogue)),
            AppSearch(upstream_store, matching),
            StorageCare(store, files, catalogue),
            chunk_size=settings.chunk_size,
        )
        service = Service("appshare.v1.AppDownloadService", servicer.add_to)
        server = running_server(settings.listen, [service, status_service()], settings.server_options())
        address = await stack.enter_async_context(server)
        yield {"listen": address}


main = server_command("app-download", DownloadSettings, running)

if __name__ == "__main__":
    main()
