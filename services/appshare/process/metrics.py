"""Metrics over HTTP, as Prometheus fetches them: those of calls, and those that services define for themselves.

A service defines its metrics as module constants of `prometheus_client`. Labels have few values, known beforehand;
never an id, a number, a name or an address.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import start_http_server

from appshare.rpc.address import Address

_log = structlog.get_logger(__name__)


@contextmanager
def served_metrics(address: Address | None) -> Iterator[None]:
    """Serves every metric of the process at http://address/metrics while the context is open; None: not at all.

    Raises:
        OSError: the address cannot be bound.
    """
    if address is None:
        yield
        return
    try:
        server, thread = start_http_server(address.port, address.host)
    except OSError as error:
        raise OSError(f"cannot serve metrics on {address}: {error.strerror}") from error
    _log.info("metrics", listen=str(Address(address.host, server.server_port)))
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
