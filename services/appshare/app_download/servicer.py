"""The wire of AppDownload: requests become domain calls, results become responses."""

import grpc

from appshare.app_download.adaptation_table import AdaptationTable
from appshare.app_download.app_search import AppSearch
from appshare.app_download.catalogue import Catalogue
from appshare.app_download.decisions import Decisions
from appshare.app_download.ingestion import Ingestion
from appshare.app_download.matching import Matching
from appshare.app_download.servicers.adaptation import AdaptationServicer
from appshare.app_download.servicers.app_search import AppSearchServicer
from appshare.app_download.servicers.catalogue import CatalogueServicer
from appshare.app_download.servicers.decisions import DecisionServicer
from appshare.app_download.servicers.downloads import DownloadServicer
from appshare.app_download.servicers.ingestion import IngestionServicer
from appshare.app_download.servicers.storage import StorageServicer
from appshare.app_download.servicers.updates import UpdatesServicer
from appshare.app_download.servicers.upstreams import UpstreamServicer
from appshare.app_download.storage_care import StorageCare
from appshare.app_download.updates import Updates
from appshare.app_download.upstreams.running import UpstreamParts
from appshare.v1 import app_download_pb2_grpc


class AppDownloadServicer(
    DownloadServicer,
    IngestionServicer,
    CatalogueServicer,
    DecisionServicer,
    AdaptationServicer,
    UpdatesServicer,
    UpstreamServicer,
    AppSearchServicer,
    StorageServicer,
    app_download_pb2_grpc.AppDownloadServiceServicer,
):
    """Serves `AppDownloadService`: what the classes of `servicers` serve."""

    def __init__(  # noqa: PLR0913, PLR0917  # a part per topic
        self,
        matching: Matching,
        ingestion: Ingestion,
        catalogue: Catalogue,
        upstreams: UpstreamParts,
        decisions: Decisions,
        table: AdaptationTable,
        search: AppSearch,
        storage: StorageCare,
        *,
        chunk_size: int,
    ) -> None:
        DownloadServicer.__init__(self, matching, upstreams.fetches, upstreams.demand, chunk_size)
        IngestionServicer.__init__(self, ingestion)
        CatalogueServicer.__init__(self, catalogue)
        DecisionServicer.__init__(self, decisions)
        AdaptationServicer.__init__(self, table)
        UpdatesServicer.__init__(self, Updates(matching))
        UpstreamServicer.__init__(self, upstreams.operation)
        AppSearchServicer.__init__(self, search)
        StorageServicer.__init__(self, storage)

    def add_to(self, server: grpc.aio.Server) -> None:
        """Adds the service to a server."""
        app_download_pb2_grpc.add_AppDownloadServiceServicer_to_server(self, server)
        self.put_download_into(server)
