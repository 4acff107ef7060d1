"""What `appshare-server all` can be told."""

from typing import Self

from pydantic import Field

from appshare.gateway.settings import GatewaySettings
from appshare.rpc.address import Address
from appshare.server.held_ports import HeldPorts


class AllSettings(GatewaySettings):
    """Where the four processes listen; each reads its other settings from the environment."""

    free_ports: bool = Field(default=False, description="Take free ports on 127.0.0.1 instead of the addresses.")

    @property
    def metrics_address(self) -> Address | None:
        """None: each of the four serves its own."""
        return None

    def of_gateway(self) -> Self:
        """The settings of the gateway, which calls the others on this machine."""
        return self.model_copy(update=dict.fromkeys(("services_ca", "services_certificate", "services_key")))

    def of_service(self, address: Address, index: int) -> Self:
        """The settings of a service at `address`, which only this machine reaches; the first has the index 1."""
        metrics = self.metrics_listen
        own_metrics = Address(metrics.host, metrics.port and metrics.port + index) if metrics else None
        plain = {"tls_certificate": None, "tls_key": None}
        return self.model_copy(update={"listen": address, "metrics_listen": own_metrics, **plain})

    def with_ports(self, ports: HeldPorts) -> Self:
        """The settings with a free port wherever the port is to be chosen: it must stay when a process is restarted."""
        names = ("listen", "operator_listen", "relation_radar", "share_registry", "app_download")
        addresses = {name: Address("127.0.0.1", 0) if self.free_ports else getattr(self, name) for name in names}
        return self.model_copy(update={name: ports.take(address) for name, address in addresses.items()})
