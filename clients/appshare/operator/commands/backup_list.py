"""`appshare-admin backup list`."""

import click

from appshare.command_line.command import Command, json_option
from appshare.command_line.output import Output
from appshare.operator.backup.backup_folder import BackupFolder
from appshare.operator.commands.backup_shown import backup_argument, described, row_of


@click.command(cls=Command, examples="appshare-admin backup list backups")
@backup_argument
@json_option
def list_snapshots(backup: BackupFolder, output: Output) -> None:
    """List the snapshots in FOLDER, the newest first."""
    snapshots = backup.snapshots()
    if output.as_json:
        output.document({"snapshots": [described(each) for each in snapshots]})
    else:
        output.table(["Snapshot", "Taken", "Bytes", "Files", "Packages"], map(row_of, snapshots))
