"""AppDownload as a process: settings, store, files, domain, servicer, server."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from appshare.app_download.catalogue import Catalogue
from appshare.app_download.ingestion import Ingestion
from appshare.app_download.matching import Matching
from appshare.app_download.package_files import PackageFiles
from appshare.app_download.package_reader import ReadingLimits
from appshare.app_download.servicer import AppDownloadServicer
from appshare.app_download.settings import DownloadSettings
from appshare.app_download.storage_care import StorageCare
from appshare.app_download.storages import storage_at
from appshare.app_download.stores.sqlite import MIGRATIONS, SqliteCatalogueStore
from appshare.process.command import server_command
from appshare.process.data_folder import owned_folder
from appshare.rpc.address import Address
from appshare.rpc.server import Service, running_server
from appshare.sql.database import open_database


@asynccontextmanager
async def running(settings: DownloadSettings) -> AsyncIterator[dict[str, Address]]:
    """Serves AppDownload: catalogue, device fit and the bytes of packages."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(owned_folder(settings.data / "app-download"))
        database = await stack.enter_async_context(open_database(folder / "app_download.db", MIGRATIONS))
        store = SqliteCatalogueStore(database)
        files = PackageFiles(folder / "packages", storage_at(settings.packages_url, folder / "packages"))
        files.prepare()
        catalogue = Catalogue(store, files)
        ingestion = Ingestion(catalogue, files, max_package_size=settings.max_package_size, limits=ReadingLimits())
        care = StorageCare(store, files, catalogue)
        servicer = AppDownloadServicer(
            Matching(store), files, ingestion, catalogue, care, chunk_size=settings.chunk_size
        )
        service = Service("appshare.v1.AppDownloadService", servicer.add_to)
        server = running_server(settings.listen, [service], settings.server_options())
        address = await stack.enter_async_context(server)
        yield {"listen": address}


main = server_command("app-download", DownloadSettings, running)

if __name__ == "__main__":
    main()
