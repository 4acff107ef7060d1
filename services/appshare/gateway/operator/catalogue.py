"""The catalogue as its operator sees it: AppDownload's own methods under the operator's names."""

from typing import Any

import grpc

from appshare.gateway.backends import DOWNLOAD, Backends
from appshare.gateway.forwarding import Forwarder

SERVICE = "appshare.v1.CatalogueService"

UNARY_METHODS = {
    "ListPackages": "ListCatalogue",
    "RemovePackage": "DeleteFromCatalogue",
    "MatchPackage": "Match",
    "ListAdaptations": "ListAdaptationRows",
    "SetAppStoreLink": "WriteAppStoreLink",
}
"""The operator's name of a method and AppDownload's; their messages are the same field for field."""

UPLOAD_METHODS = {"AddPackage": "Ingest"}
"""The same for methods that take a stream."""


def add_catalogue_to(server: grpc.aio.Server, backends: Backends) -> None:
    """Adds `CatalogueService` to a server; every call is passed on as bytes."""
    forward = Forwarder(backends.download, DOWNLOAD, "appshare.v1.AppDownloadService")
    handlers: dict[str, Any] = {name: forward.unary(method) for name, method in UNARY_METHODS.items()}
    handlers |= {name: forward.upload(method) for name, method in UPLOAD_METHODS.items()}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
