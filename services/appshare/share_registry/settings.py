"""What ShareRegistry can be told."""

from pydantic import Field

from appshare.process.settings import BackendSettings
from appshare.rpc.address import Address


class RegistrySettings(BackendSettings):
    """Settings of ShareRegistry."""

    listen: Address = Field(Address("127.0.0.1", 7420), description="Address to listen on, host:port.")
    # A push of a whole list is one message; beyond this it might not fit into one.
    max_apps: int = Field(5_000, ge=1, le=10_000, description="Apps that an inventory may hold.")
    heartbeat: float = Field(20, gt=0, description="Seconds after which an idle inbox stream carries a heartbeat.")
    request_memory: int = Field(
        7 * 24 * 3600, ge=1, description="Seconds in which a repeated push request is recognised by its id."
    )
