"""`appshare-admin backup prune`."""

import click

from appshare.command_line.command import Command, json_option
from appshare.command_line.output import Output, counted
from appshare.operator.backup.backup_folder import BackupFolder
from appshare.operator.commands.backup_shown import backup_argument


@click.command(cls=Command, examples="appshare-admin backup prune backups --keep 7")
@backup_argument
@click.option("--keep", required=True, type=click.IntRange(min=1), help="How many snapshots stay.")
@json_option
def prune(backup: BackupFolder, keep: int, output: Output) -> None:
    """Remove all but the newest snapshots, and the packages that none of those has."""
    removed = backup.prune(keep)
    if output.as_json:
        output.document({"removed": [snapshot.name for snapshot in removed]})
    else:
        output.text(f"Removed {counted(len(removed), 'snapshot')}.")
