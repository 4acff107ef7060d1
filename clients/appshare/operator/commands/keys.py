"""`appshare-admin keys`."""

import click

from appshare.command_line.lazy_group import LazyCommand, LazyGroup

_COMMANDS = "appshare.operator.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "rotate": LazyCommand(f"{_COMMANDS}.keys_rotate:rotate", "Store every number under a new key."),
        "status": LazyCommand(f"{_COMMANDS}.keys_status:status", "Say how far the rotation is."),
    },
    examples="""
    appshare-admin keys status
    appshare-admin keys rotate
    """,
)
def keys() -> None:
    """Replace the key under which phone numbers are stored; for that of access tokens see `signing-keys`."""
