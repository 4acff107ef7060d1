"""Receipts of deletions: what a cloud says that it has removed for good."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from appshare.command_line.output import Output
from appshare.v1 import deletion_pb2


@dataclass(frozen=True)
class DeletionReceipt:
    """What was removed for good.

    Attributes:
        receipt_id: names the deletion, also in the logs of the cloud.
        removed: how many of what, for example "contacts": 205; the names are those of `deletion.proto`.
    """

    receipt_id: str
    delete_time: datetime
    removed: Mapping[str, int]


def read_receipt(message: deletion_pb2.DeletionReceipt) -> DeletionReceipt:
    """A receipt, with what each service removed put together."""
    removed = {
        field.name: getattr(part, field.name)
        for part in (message.radar, message.registry)
        for field in part.DESCRIPTOR.fields
    }
    return DeletionReceipt(message.receipt_id, message.delete_time.ToDatetime(UTC), removed)


def say_receipt(output: Output, receipt: DeletionReceipt) -> None:
    """Prints what was removed, and the name of the deletion."""
    for name, count in receipt.removed.items():
        if count:
            output.text(f"  {name.replace('_', ' ')}: {count}")
    output.text(f"Receipt {receipt.receipt_id} of {receipt.delete_time.isoformat()}")
