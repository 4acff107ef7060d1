"""`appshare-admin backup check`."""

import click

from appshare.command_line.command import Command, json_option
from appshare.command_line.exit_code import ExitCode
from appshare.command_line.output import Output
from appshare.operator.backup.backup_folder import BackupFolder
from appshare.operator.commands.backup_shown import backup_argument, following, snapshot_option


@click.command(
    cls=Command,
    examples="""
    appshare-admin backup check backups
    appshare-admin backup check backups --snapshot 20261123T092000.250Z --json
    """,
)
@backup_argument
@snapshot_option
@json_option
@click.pass_context
def check(ctx: click.Context, backup: BackupFolder, name: str | None, output: Output) -> None:
    """Read every file of a snapshot again and compare it with what was copied; exit code 1 when one differs."""
    snapshot = backup.find(name)
    with following(snapshot.name, snapshot.size, output) as seen:
        faults = backup.faults(snapshot, seen)
    if output.as_json:
        output.document({"snapshot": snapshot.name, "faults": faults})
    else:
        output.text(f"{snapshot.name}: {'damaged' if faults else 'whole'}")
        for fault in faults:
            output.text(f"  {fault} is missing or damaged")
    ctx.exit(ExitCode.FAILED if faults else ExitCode.DONE)
