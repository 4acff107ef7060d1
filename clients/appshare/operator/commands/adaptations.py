"""`appshare-admin adaptations`."""

import click

from appshare.command_line.lazy_group import LazyCommand, LazyGroup

_COMMANDS = "appshare.operator.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "add": LazyCommand(f"{_COMMANDS}.adaptations_add:add", "Deny, prefer or force builds on some devices."),
        "list": LazyCommand(f"{_COMMANDS}.adaptations_list:list_adaptations", "List your rows."),
        "move": LazyCommand(f"{_COMMANDS}.adaptations_move:move", "Move a row: the first one that applies decides."),
        "remove": LazyCommand(f"{_COMMANDS}.adaptations_remove:remove", "Remove a row."),
    },
    examples="""
    appshare-admin adaptations add deny org.example.notes --version 21 --model "SM-G97*"
    appshare-admin adaptations list
    """,
)
def adaptations() -> None:
    """Override on some devices what packages say of themselves: your rows of the adaptation table.

    Of the rows of an app the first one that is about both the device and a build decides on that build. `appshare-admin
    table` shows them before what the packages say.
    """
