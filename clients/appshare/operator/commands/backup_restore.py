"""`appshare-admin backup restore`."""

from pathlib import Path

import click

from appshare.command_line.command import Command, json_option
from appshare.command_line.output import Output
from appshare.operator.backup.backup_folder import BackupFolder
from appshare.operator.commands.backup_shown import backup_argument, following, snapshot_option


@click.command(
    cls=Command,
    examples="""
    appshare-admin backup restore backups --into restored
    appshare-admin backup restore backups --snapshot 20261123T092000.250Z --into restored
    """,
)
@backup_argument
@snapshot_option
@click.option(
    "--into",
    required=True,
    type=click.Path(path_type=Path),
    help="The new data folder; the servers are then started with it as --data.",
)
@json_option
def restore(backup: BackupFolder, name: str | None, into: Path, output: Output) -> None:
    """Put a snapshot into a new data folder; it is there only when all of it is.

    What happened since is not in it: phones send their books and lists again by themselves, a phone whose session was
    renewed since registers again, and what was deleted since has to be deleted again.
    """
    snapshot = backup.find(name)
    with following(snapshot.name, snapshot.size, output) as seen:
        backup.restore(snapshot, into, seen)
    if output.as_json:
        output.document({"snapshot": snapshot.name, "data": into})
    else:
        output.text(f"{snapshot.name} is in {into}. Next: `appshare-server all --data {into}`.")
