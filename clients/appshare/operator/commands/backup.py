"""`appshare-admin backup`."""

import click

from appshare.command_line.lazy_group import LazyCommand, LazyGroup

_COMMANDS = "appshare.operator.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "take": LazyCommand(f"{_COMMANDS}.backup_take:take", "Copy all that the servers keep, while they run."),
        "list": LazyCommand(f"{_COMMANDS}.backup_list:list_snapshots", "List the snapshots of a backup."),
        "check": LazyCommand(f"{_COMMANDS}.backup_check:check", "Read a snapshot again and compare it."),
        "restore": LazyCommand(f"{_COMMANDS}.backup_restore:restore", "Put a snapshot into a new data folder."),
        "prune": LazyCommand(f"{_COMMANDS}.backup_prune:prune", "Remove all but the newest snapshots."),
    },
    examples="""
    appshare-admin backup take backups
    appshare-admin backup restore backups --into restored
    """,
)
def backup() -> None:
    """Copy what the servers on this machine keep, and put it back.

    A backup holds the keys beside the data: who has it can tell whether a number that they guess is in it. Keep it as
    safe as the servers themselves.
    """
