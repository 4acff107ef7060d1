"""What `appshare-server all` can be told."""

import socket
from typing import Self

from pydantic import Field

from appshare.gateway.settings import GatewaySettings
from appshare.rpc.address import Address


class AllSettings(GatewaySettings):
    """Where the four processes listen; each reads its other settings from the environment."""

    free_ports: bool = Field(default=False, description="Take free ports on 127.0.0.1 instead of the addresses.")

    def with_ports(self) -> Self:
        """The settings with a free port wherever the port is to be chosen: it must stay when a process is restarted."""
        names = ("listen", "operator_listen", "relation_radar", "share_registry", "app_download")
        addresses = {name: Address("127.0.0.1", 0) if self.free_ports else getattr(self, name) for name in names}
        return self.model_copy(update={name: _with_port(address) for name, address in addresses.items()})


def _with_port(address: Address) -> Address:
    if address.port:
        return address
    with socket.create_server((address.host, 0)) as probe:
        return Address(address.host, int(probe.getsockname()[1]))
