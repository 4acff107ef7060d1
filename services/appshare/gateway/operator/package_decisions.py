"""What the operator decides about packages: AppDownload's own methods under the operator's names."""

from typing import Any

import grpc

from appshare.gateway.backends import DOWNLOAD, Backends
from appshare.gateway.forwarding import Forwarder

SERVICE = "appshare.v1.PackageDecisionService"

METHODS = {
    "ListSignerPins": "ReadSignerPins",
    "PinSigner": "WriteSignerPin",
    "UnpinSigner": "DeleteSignerPin",
    "ListVersionFloors": "ReadVersionFloors",
    "SetVersionFloor": "WriteVersionFloor",
    "ListOperatorRows": "ReadOperatorRows",
    "AddOperatorRow": "InsertOperatorRow",
    "RemoveOperatorRow": "DeleteOperatorRow",
    "MoveOperatorRow": "PlaceOperatorRow",
}
"""The operator's name of a method and AppDownload's; their messages are the same field for field."""


def add_package_decisions_to(server: grpc.aio.Server, backends: Backends) -> None:
    """Adds `PackageDecisionService` to a server; every call is passed on as bytes."""
    forward = Forwarder(backends.download, DOWNLOAD, "appshare.v1.AppDownloadService")
    handlers: dict[str, Any] = {name: forward.unary(method) for name, method in METHODS.items()}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
