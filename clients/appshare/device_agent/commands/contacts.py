"""`appshare contacts`."""

import click

from appshare.command_line.lazy_group import LazyCommand, LazyGroup

_COMMANDS = "appshare.device_agent.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "read": LazyCommand(f"{_COMMANDS}.contacts_read:read", "Show what is understood of an address book."),
        "sync": LazyCommand(f"{_COMMANDS}.contacts_sync:sync", "Tell the cloud whom you know."),
    },
    examples="""
    appshare contacts read contacts.vcf
    appshare contacts sync contacts.vcf
    """,
)
def contacts() -> None:
    """Read and sync the address book."""
