"""What happens in this process and concerns the inbox streams that are open in it."""

from appshare.process.wakeups import Wakeups


class Signals(Wakeups):
    """Wakes inbox streams, and counts changes of shares so that they notice what is no longer as they have read it."""

    def __init__(self) -> None:
        super().__init__()
        self._share_changes = 0

    @property
    def share_changes(self) -> int:
        """Grows whenever an inventory or an audience changes."""
        return self._share_changes

    def shares_changed(self) -> None:
        """Says that an inventory or an audience has changed."""
        self._share_changes += 1
