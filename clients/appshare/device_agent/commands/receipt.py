"""Receipts of deletions, as they are shown."""

from appshare.command_line.output import Output
from appshare.device_agent.model import DeletionReceipt


def say_receipt(output: Output, receipt: DeletionReceipt) -> None:
    """Prints what was removed, and the name of the deletion."""
    for name, count in receipt.removed.items():
        if count:
            output.text(f"  {name.replace('_', ' ')}: {count}")
    output.text(f"Receipt {receipt.receipt_id} of {receipt.delete_time.isoformat()}")
