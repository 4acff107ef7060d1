"""What the user has told the agent and the cloud does not keep."""

from dataclasses import dataclass, field

from appshare.device_agent.address_book import BookContact


@dataclass(frozen=True)
class Choices:
    """What the user has told the agent and the cloud does not keep.

    Attributes:
        excluded: people whom no sync tells the cloud of, as they were in the book; somebody who was excluded by number
            alone has id 0 and no name.
        install_receipts: owners are told when the device has installed an app of theirs.
    """

    excluded: tuple[BookContact, ...] = field(default=(), repr=False)
    install_receipts: bool = False
