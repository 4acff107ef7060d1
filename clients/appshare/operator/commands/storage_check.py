"""`appshare-admin storage check`."""

from contextlib import ExitStack, aclosing

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.exit_code import ExitCode
from appshare.command_line.output import Output, counted
from appshare.command_line.progress import Progress, Unseen, shown_progress
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client
from appshare.operator.model import StorageFault, StorageFinding, StorageProgress
from appshare.operator.shown import shown_finding


@click.command(
    cls=Command,
    examples="""
    appshare-admin storage check
    appshare-admin storage check --only-sizes --json
    """,
)
@click.option("--only-sizes", is_flag=True, help="Compare only the sizes; read nothing.")
@json_option
@click.pass_obj
@asynchronous
async def check(options: AccessOptions, *, only_sizes: bool, output: Output) -> ExitCode:
    """Read every stored file and compare it with its digest, while the cloud goes on.

    Exit code 1 when a file is missing or damaged: remove its package and add it again. Orphans, which no package needs,
    do no harm; `storage clean` removes them.
    """
    found: list[StorageFinding] = []
    progress = StorageProgress(0, 0, 0, 0)
    with ExitStack() as stack:
        shown = Unseen() if output.as_json or only_sizes else stack.enter_context(shown_progress("packages"))
        async with open_client(options) as client, aclosing(client.check_storage(only_sizes=only_sizes)) as messages:
            async for message in messages:
                match message:
                    case StorageProgress():
                        _show(shown, progress, message)
                        progress = message
                    case StorageFinding():
                        found.append(message)
    if output.as_json:
        output.document({"files": progress.files_done, "bytes": progress.bytes_done, "found": found})
    else:
        for finding in found:
            output.text(shown_finding(finding))
        read = "compared by their sizes" if only_sizes else f"read, {progress.bytes_done:,} bytes"
        output.text(f"{counted(progress.files_done, 'file')} {read}: {_verdict(found)}.")
    return ExitCode.FAILED if any(each.fault is not StorageFault.ORPHANED for each in found) else ExitCode.DONE


def _show(shown: Progress, before: StorageProgress, now: StorageProgress) -> None:
    if not before.bytes_total:
        shown.begin(now.bytes_total, now.bytes_done)
    else:
        shown.advance(now.bytes_done - before.bytes_done)


def _verdict(found: list[StorageFinding]) -> str:
    counts = ((fault, sum(each.fault is fault for each in found)) for fault in StorageFault)
    return ", ".join(f"{count} {fault.lower()}" for fault, count in counts if count) or "all is well"
