"""What `appshare-server all` can be told."""

from typing import Self

from pydantic import Field, model_validator

from appshare.gateway.settings import GatewaySettings
from appshare.rpc.address import Address, Addresses
from appshare.server.held_ports import HeldPorts


class AllSettings(GatewaySettings):
    """Where the four processes listen; each reads its other settings from the environment."""

    free_ports: bool = Field(default=False, description="Take free ports on 127.0.0.1 instead of the addresses.")

    @property
    def metrics_address(self) -> Address | None:
        """None: each of the four serves its own."""
        return None

    @property
    def workers_are_ours(self) -> bool:
        """No: the gateway has them, and the services where they can."""
        return False

    def of_gateway(self) -> Self:
        """The settings of the gateway, which calls the others on this machine."""
        return self.model_copy(update=dict.fromkeys(("services_ca", "services_certificate", "services_key")))

    def of_service(self, address: Address, index: int, *, may_have_workers: bool) -> Self:
        """The settings of a service at `address`, which only this machine reaches; the first has the index 1."""
        metrics = self.metrics_listen
        own_metrics = Address(metrics.host, metrics.port and metrics.port + index) if metrics else None
        plain = {"tls_certificate": None, "tls_key": None}
        workers = self.workers if may_have_workers else 1
        return self.model_copy(update={"listen": address, "metrics_listen": own_metrics, "workers": workers, **plain})

    def with_ports(self, ports: HeldPorts) -> Self:
        """The settings with a free port wherever the port is to be chosen: it must stay when a process is restarted."""
        own = {name: ports.take(self._address(getattr(self, name))) for name in ("listen", "operator_listen")}
        services = {
            name: Addresses((ports.take(self._address(getattr(self, name).all[0])),))
            for name in ("relation_radar", "share_registry", "app_download")
        }
        return self.model_copy(update={**own, **services})

    def _address(self, given: Address) -> Address:
        return Address("127.0.0.1", 0) if self.free_ports else given

    @model_validator(mode="after")
    def _require_one_address_each(self) -> Self:
        if any(len(each.all) > 1 for each in (self.relation_radar, self.share_registry, self.app_download)):
            raise ValueError("`all` starts one of each service: give each one address")
        return self
