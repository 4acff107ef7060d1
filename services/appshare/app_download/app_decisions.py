"""What the operator has decided about one app."""

from dataclasses import dataclass

from appshare.app_download.fitting.operator_rows import OperatorRow
from appshare.app_download.signer_pin import SignerPin


@dataclass(frozen=True, slots=True, kw_only=True)
class AppDecisions:
    """Who may sign it, from which version on, and the operator's rows of the adaptation table."""

    pin: SignerPin | None = None
    """None: the next package that is added pins its signer."""
    lowest_version: int = 0
    rows: tuple[OperatorRow, ...] = ()
    """In their order."""
