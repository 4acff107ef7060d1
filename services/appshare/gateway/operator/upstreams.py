"""The upstreams as their operator sees them: AppDownload's own methods under the operator's names."""

from typing import Any

import grpc

from appshare.gateway.backends import DOWNLOAD, Backends
from appshare.gateway.forwarding import Forwarder

SERVICE = "appshare.v1.UpstreamService"

UNARY_METHODS = {"ListUpstreams": "ReadUpstreams", "RemoveUpstream": "DeleteUpstream", "SearchApps": "FindApps"}
"""The operator's name of a method and AppDownload's; their messages are the same field for field."""

STREAM_METHODS = {"AddUpstream": "RegisterUpstream", "RefreshUpstream": "FetchUpstream"}
"""The same for methods that answer with a stream."""


def add_upstreams_to(server: grpc.aio.Server, backends: Backends) -> None:
    """Adds `UpstreamService` to a server; every call is passed on as bytes."""
    forward = Forwarder(backends.download, DOWNLOAD, "appshare.v1.AppDownloadService")
    handlers: dict[str, Any] = {name: forward.unary(method) for name, method in UNARY_METHODS.items()}
    handlers |= {name: forward.stream(method) for name, method in STREAM_METHODS.items()}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
