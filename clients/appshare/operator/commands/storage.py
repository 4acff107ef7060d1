"""`appshare-admin storage`."""

import click

from appshare.command_line.lazy_group import LazyCommand, LazyGroup

_COMMANDS = "appshare.operator.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "check": LazyCommand(f"{_COMMANDS}.storage_check:check", "Read every stored file and compare it."),
        "clean": LazyCommand(f"{_COMMANDS}.storage_clean:clean", "Remove the files that no package needs."),
    },
    examples="""
    appshare-admin storage check
    appshare-admin storage clean --dry-run
    """,
)
def storage() -> None:
    """Check and clean the files of the packages."""
