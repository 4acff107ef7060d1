"""`appshare-admin versions`."""

import click

from appshare.command_line.lazy_group import LazyCommand, LazyGroup

_COMMANDS = "appshare.operator.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "list": LazyCommand(f"{_COMMANDS}.versions_list:list_versions", "List the lowest versions that you allow."),
        "floor": LazyCommand(f"{_COMMANDS}.versions_floor:floor", "Set the lowest version of an app."),
    },
    examples="""
    appshare-admin versions list
    appshare-admin versions floor org.example.notes 21
    """,
)
def versions() -> None:
    """Say from which version on an app is good."""
