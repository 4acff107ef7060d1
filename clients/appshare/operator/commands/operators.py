"""`appshare-admin operators`."""

import click

from appshare.command_line.lazy_group import LazyCommand, LazyGroup

_COMMANDS = "appshare.operator.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "add": LazyCommand(f"{_COMMANDS}.operators_add:add", "Add an operator; its token is shown once."),
        "list": LazyCommand(f"{_COMMANDS}.operators_list:list_operators", "List the operators."),
        "remove": LazyCommand(f"{_COMMANDS}.operators_remove:remove", "Remove an operator; its token is void at once."),
    },
    examples="""
    appshare-admin operators add night-shift
    appshare-admin operators list
    appshare-admin operators remove bootstrap
    """,
)
def operators() -> None:
    """Say who may operate the cloud: each operator has a name and a token of its own."""
