"""`appshare-admin devices`."""

import click

from appshare.command_line.lazy_group import LazyCommand, LazyGroup

_COMMANDS = "appshare.operator.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "count": LazyCommand(f"{_COMMANDS}.devices_count:count", "Count the registered devices."),
        "remove": LazyCommand(f"{_COMMANDS}.devices_remove:remove", "Remove a device, or all devices of its number."),
    },
    examples="""
    appshare-admin devices count
    appshare-admin devices remove 7f3c9aQm
    """,
)
def devices() -> None:
    """Count the registered devices, and remove one whose person asks for it."""
