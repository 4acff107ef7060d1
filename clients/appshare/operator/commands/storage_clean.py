"""`appshare-admin storage clean`."""

from contextlib import aclosing

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.exit_code import ExitCode
from appshare.command_line.input_error import InputError
from appshare.command_line.output import Output, counted, is_terminal
from appshare.operator.access import AccessOptions
from appshare.operator.client import OperatorClient
from appshare.operator.connection import open_client
from appshare.operator.model import StorageFinding
from appshare.operator.shown import shown_finding


@click.command(
    cls=Command,
    examples="""
    appshare-admin storage clean --dry-run
    appshare-admin storage clean --yes --json
    """,
)
@click.option("--dry-run", is_flag=True, help="Say what would be removed; remove nothing.")
@click.option("--force", is_flag=True, help="Also when more files are orphaned than are not.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
@asynchronous
async def clean(options: AccessOptions, *, dry_run: bool, force: bool, yes: bool, output: Output) -> ExitCode:
    """Remove the stored files that no package needs, while the cloud goes on.

    A crash or an old copy of the database leaves such files. When they are the most of all, the database is more likely
    wrong than the files: then nothing is removed without --force.
    """
    async with open_client(options) as client:
        if not (yes or dry_run) and not await _confirmed(client, output):
            output.note("Nothing was removed.")
            return ExitCode.FAILED
        removed = await _clean(client, dry_run=dry_run, force=force)
    if output.as_json:
        output.document({"would_be_removed" if dry_run else "removed": removed})
    else:
        for finding in removed:
            output.text(shown_finding(finding))
        output.text(f"{_sum(removed)} {'would be' if dry_run else 'are'} removed.")
    return ExitCode.DONE


async def _clean(client: OperatorClient, *, dry_run: bool, force: bool) -> list[StorageFinding]:
    async with aclosing(client.clean_storage(dry_run=dry_run, force=force)) as findings:
        return [each async for each in findings]


async def _confirmed(client: OperatorClient, output: Output) -> bool:
    if output.as_json or not is_terminal():
        raise InputError("nobody can be asked here; say --yes to remove what --dry-run shows")
    orphans = await _clean(client, dry_run=True, force=False)
    return click.confirm(f"Remove {_sum(orphans)} that no package needs?", err=True)


def _sum(findings: list[StorageFinding]) -> str:
    return f"{counted(len(findings), 'file')} of {sum(each.size for each in findings):,} bytes"
