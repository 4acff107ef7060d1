"""What ShareRegistry can be told."""

from pydantic import Field

from appshare.process.settings import BackendSettings
from appshare.rpc.address import Address
from appshare.share_registry.model import InboxLimits
from appshare.share_registry.pushes import PushLimits

_DAY = 24 * 3600


class RegistrySettings(BackendSettings):
    """Settings of ShareRegistry."""

    listen: Address = Field(Address("127.0.0.1", 7420), description="Address to listen on, host:port.")
    # A push of a whole list is one message; beyond this it might not fit into one.
    max_apps: int = Field(5_000, ge=1, le=10_000, description="Apps that an inventory may hold.")
    heartbeat: float = Field(20, gt=0, description="Seconds after which an idle inbox stream carries a heartbeat.")
    request_memory: int = Field(
        7 * _DAY, ge=1, description="Seconds in which a repeated push request is recognised by its id."
    )
    pushes_per_day: int = Field(2_000, ge=1, description="Recipients that the pushes of a device reach in a day.")
    waiting_per_sender: int = Field(
        20, ge=1, description="Pushes of one sender that wait in an inbox; one more takes the place of the oldest."
    )
    inbox_events: int = Field(1_000, ge=1, description="Events that wait in an inbox; one more leaves a gap.")
    inbox_days: int = Field(90, ge=1, description="Days after which an event that waits leaves a gap.")
    # The list of a friend names the friend anyhow: the threshold keeps a list of all friends from pointing at one.
    names_threshold: int = Field(
        2, ge=1, description="People who must share an app for the list of all friends to name their devices."
    )

    def push_limits(self) -> PushLimits:
        """The bounds of pushing."""
        return PushLimits(self.pushes_per_day, self.request_memory)

    def inbox_limits(self) -> InboxLimits:
        """What waits in an inbox."""
        return InboxLimits(self.inbox_events, self.waiting_per_sender)

    def inbox_age(self) -> float:
        """Seconds that an event waits in an inbox."""
        return float(self.inbox_days * _DAY)
