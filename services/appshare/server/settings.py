"""What `appshare-server all` can be told."""

import os
from collections.abc import Iterator
from itertools import repeat
from typing import Self

from pydantic import Field, model_validator

from appshare.gateway.settings import GatewaySettings
from appshare.process.settings import ENV_PREFIX, WORKER_PORTS
from appshare.rpc.address import Address, Addresses
from appshare.server.held_ports import HeldPorts

_SERVICES = ("relation_radar", "share_registry", "app_download")
"""The settings that say where the services listen, in the order of the ports of their metrics."""

_BUCKET = f"{ENV_PREFIX}PACKAGES_URL"
"""The variable by which AppDownload is told of one; without it, one process keeps the package files in a folder."""


class AllSettings(GatewaySettings):
    """Where the processes listen; each reads its other settings from the environment."""

    free_ports: bool = Field(default=False, description="Take free ports on 127.0.0.1 instead of the addresses.")
    workers: int = Field(
        1,
        ge=1,
        le=64,
        description="Processes of the gateway, which share its port, and of each service, of which the others take free"
        " ports; a service needs --database for more than one, AppDownload APPSHARE_PACKAGES_URL as well.",
    )

    @property
    def metrics_address(self) -> Address | None:
        """None: each process serves its own."""
        return None

    @property
    def workers_are_ours(self) -> bool:
        """No: the gateway has them, and each of the services' is one by itself."""
        return False

    def of_gateway(self) -> Self:
        """The settings of the gateway, which calls the others on this machine."""
        return self.model_copy(update=dict.fromkeys(("services_ca", "services_certificate", "services_key")))

    def of_services(self) -> Iterator[tuple[str, Self]]:
        """For each process of a service the name of its command, and its settings; only this machine reaches it."""
        for index, name in enumerate(_SERVICES, 1):
            for worker, address in enumerate(getattr(self, name).all):
                metrics = self._metrics_port(index + WORKER_PORTS * worker)
                own = {"listen": address, "metrics_listen": metrics, "workers": 1}
                plain = {"tls_certificate": None, "tls_key": None}
                yield name.replace("_", "-"), self.model_copy(update={**own, **plain})

    def with_ports(self, ports: HeldPorts) -> Self:
        """The settings with a free port wherever the port is to be chosen: it must stay when a process is restarted."""
        own = {name: ports.take(self._address(getattr(self, name))) for name in ("listen", "operator_listen")}
        services = {name: Addresses(tuple(map(ports.take, self._addresses(name)))) for name in _SERVICES}
        return self.model_copy(update={**own, **services})

    def _addresses(self, name: str) -> Iterator[Address]:
        """Of the processes of a service: calls are spread over addresses, and not over processes that share one."""
        first = self._address(getattr(self, name).all[0])
        yield first
        yield from repeat(Address(first.host, 0), self._processes(name) - 1)

    def _processes(self, name: str) -> int:
        can_share = self.database.get_secret_value() and (name != "app_download" or os.environ.get(_BUCKET))
        return self.workers if can_share else 1

    def _address(self, given: Address) -> Address:
        return Address("127.0.0.1", 0) if self.free_ports else given

    def _metrics_port(self, above: int) -> Address | None:
        first = self.metrics_listen
        return Address(first.host, first.port and first.port + above) if first else None

    @model_validator(mode="after")
    def _require_one_address_each(self) -> Self:
        for name in _SERVICES:
            given = getattr(self, name).all
            if len(given) > 1:
                raise ValueError("give each service one address; --workers starts more than one process of each")
            if self._processes(name) > 1 and not given[0].is_ip:
                raise ValueError(f"--workers needs an IP address, as 127.0.0.1, and not {given[0].host}")
        return self
