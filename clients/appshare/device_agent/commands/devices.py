"""`appshare devices`."""

import click

from appshare.command_line.lazy_group import LazyCommand, LazyGroup

_COMMANDS = "appshare.device_agent.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "list": LazyCommand(f"{_COMMANDS}.devices_list:list_devices", "List the devices of your number."),
        "remove": LazyCommand(f"{_COMMANDS}.devices_remove:remove", "Remove a device of your number."),
    },
    default="list",
    examples="""
    appshare devices
    appshare devices remove 7f3c9a
    """,
)
def devices() -> None:
    """List and remove the devices that are registered with your number; alone it lists them."""
