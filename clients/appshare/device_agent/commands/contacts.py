"""`appshare contacts`."""

import click

from appshare.command_line.lazy_group import LazyCommand, LazyGroup

_COMMANDS = "appshare.device_agent.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "read": LazyCommand(f"{_COMMANDS}.contacts_read:read", "Show what is understood of an address book."),
        "sync": LazyCommand(f"{_COMMANDS}.contacts_sync:sync", "Tell the cloud whom you know."),
        "exclude": LazyCommand(f"{_COMMANDS}.contacts_exclude:exclude", "Keep somebody from the cloud."),
        "include": LazyCommand(f"{_COMMANDS}.contacts_include:include", "Take that back."),
        "excluded": LazyCommand(f"{_COMMANDS}.contacts_excluded:excluded", "List whom you keep from the cloud."),
    },
    examples="""
    appshare contacts read contacts.vcf
    appshare contacts sync contacts.vcf
    appshare contacts exclude "Li Wei"
    """,
)
def contacts() -> None:
    """Read and sync the address book, and say who stays out of it."""
