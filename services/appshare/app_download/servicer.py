"""The wire of AppDownload: requests become domain calls, results become responses."""

import grpc

from appshare.app_download.catalogue import Catalogue
from appshare.app_download.ingestion import Ingestion
from appshare.app_download.matching import Matching
from appshare.app_download.package_files import PackageFiles
from appshare.app_download.servicers.catalogue import CatalogueServicer
from appshare.app_download.servicers.downloads import DownloadServicer
from appshare.app_download.servicers.ingestion import IngestionServicer
from appshare.app_download.servicers.storage import StorageServicer
from appshare.app_download.storage_care import StorageCare
from appshare.v1 import app_download_pb2_grpc


class AppDownloadServicer(
    DownloadServicer,
    IngestionServicer,
    CatalogueServicer,
    StorageServicer,
    app_download_pb2_grpc.AppDownloadServiceServicer,
):
    """Serves `AppDownloadService`: what the classes of `servicers` serve."""

    def __init__(
        self,
        matching: Matching,
        files: PackageFiles,
        ingestion: Ingestion,
        catalogue: Catalogue,
        storage: StorageCare,
        *,
        chunk_size: int,
    ) -> None:
        DownloadServicer.__init__(self, matching, files, chunk_size)
        IngestionServicer.__init__(self, ingestion)
        CatalogueServicer.__init__(self, catalogue)
        StorageServicer.__init__(self, storage)

    def add_to(self, server: grpc.aio.Server) -> None:
        """Adds the service to a server."""
        app_download_pb2_grpc.add_AppDownloadServiceServicer_to_server(self, server)
        self.put_download_into(server)
