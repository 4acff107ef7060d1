"""The stored files as their operator sees them: AppDownload's own methods under the operator's names."""

from typing import Any

import grpc

from appshare.gateway.backends import DOWNLOAD, Backends
from appshare.gateway.forwarding import Forwarder

SERVICE = "appshare.v1.StorageService"

STREAM_METHODS = {"CheckStorage": "VerifyStorage", "CleanStorage": "SweepStorage"}
"""The operator's name of a method and AppDownload's; their messages are the same field for field."""


def add_storage_to(server: grpc.aio.Server, backends: Backends) -> None:
    """Adds `StorageService` to a server; every call is passed on as bytes."""
    forward = Forwarder(backends.download, DOWNLOAD, "appshare.v1.AppDownloadService")
    handlers: dict[str, Any] = {name: forward.stream(method) for name, method in STREAM_METHODS.items()}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
