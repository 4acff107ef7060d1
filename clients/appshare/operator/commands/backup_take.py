"""`appshare-admin backup take`."""

import os

import click

from appshare.command_line.command import Command, json_option
from appshare.command_line.exit_code import ExitCode
from appshare.command_line.output import Output, counted
from appshare.operator.access import AccessOptions
from appshare.operator.backup.backup_folder import BackupFolder
from appshare.operator.backup.data_folder import DataFolder
from appshare.operator.commands.backup_shown import backup_argument, described, following


@click.command(
    cls=Command,
    examples="""
    appshare-admin backup take backups
    appshare-admin --data /srv/appshare backup take backups --json
    """,
)
@backup_argument
@json_option
@click.pass_obj
@click.pass_context
def take(ctx: click.Context, options: AccessOptions, backup: BackupFolder, output: Output) -> None:
    """Add a snapshot of the servers' --data folder to the backup in FOLDER.

    The servers go on meanwhile. Each database is copied as it is at one moment, without what was deleted from it;
    package files that the backup has already are not copied again. Exit code 1: a package on the servers is damaged and
    could not be kept.

    Of a cloud on PostgreSQL only the keys and packages are here: take the database itself with pg_dump.
    """
    data = DataFolder(options.data)
    with following("packages", sum(path.stat().st_size for path in data.packages()), output) as seen:
        snapshot, damaged = backup.take(data, seen)
    if output.as_json:
        output.document({**described(snapshot), "damaged_packages": damaged})
    else:
        files, packages = counted(len(snapshot.files), "file"), counted(len(snapshot.packages), "package")
        output.text(f"{snapshot.name}: {files} and {packages}, {snapshot.size:,} bytes.")
        for digest in damaged:
            output.note(f"Package {digest} is damaged on the servers: remove it there and add it again.")
    if os.environ.get("APPSHARE_DATABASE") or not any(name.endswith(".db") for name in snapshot.files):
        output.note("What the cloud keeps in PostgreSQL is not in it: back that up with pg_dump as well.")
    ctx.exit(ExitCode.FAILED if damaged else ExitCode.DONE)
