"""What the gateway can be told."""

from pydantic import Field

from appshare.process.settings import ProcessSettings
from appshare.rpc.address import Address


class GatewaySettings(ProcessSettings):
    """Settings of the gateway."""

    listen: Address = Field(Address("127.0.0.1", 7400), description="Address for devices, host:port.")
    operator_listen: Address = Field(Address("127.0.0.1", 7401), description="Address for operators, host:port.")
    relation_radar: Address = Field(Address("127.0.0.1", 7410), description="Address of RelationRadar.")
    share_registry: Address = Field(Address("127.0.0.1", 7420), description="Address of ShareRegistry.")
    app_download: Address = Field(Address("127.0.0.1", 7430), description="Address of AppDownload.")
    access_lifetime: int = Field(3600, ge=1, description="Seconds that an access token is good for.")
