"""`appshare-admin fit`."""

from collections.abc import Sequence
from pathlib import Path

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.exit_code import ExitCode
from appshare.command_line.output import Output
from appshare.fit.answer import Fit
from appshare.fit.device_profile import load_device_profile
from appshare.fit.report import report_answer
from appshare.operator import offline
from appshare.operator.offline import Refusal


@click.command(
    cls=Command,
    examples="""
    appshare-admin fit notes.apks --spec phone.json
    appshare-admin fit notes-arm.apk notes-x86.apk --spec phone.json --json
    """,
)
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE..."
)
@click.option(
    "--spec",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Device-spec JSON: bundletool's, or with our own keys.",
)
@click.option("--module", "modules", multiple=True, metavar="NAME", help="Also install this module; may be repeated.")
@json_option
@asynchronous
async def fit(*, files: Sequence[Path], spec: Path, modules: Sequence[str], output: Output) -> ExitCode:
    """Say which of the package FILEs of one app a device gets, and why, or why none fits (exit code 4); no server.

    FILE is a package, of which several builds may be given, a split set (.apks, .xapk, .apkm), or a split, which is one
    set together with the others of its version. Exit code 3 when the catalogue would refuse one of them.
    """
    answer = await offline.fit(files, load_device_profile(spec), modules)
    if isinstance(answer, Refusal):
        return _report_refusal(output, answer)
    if isinstance(answer, Fit) and output.as_json:
        output.document({"fit": _described(answer)})
        return ExitCode.DONE
    return report_answer(output, answer)


def _described(answer: Fit) -> dict[str, object]:
    return {
        "package": answer.package_name,
        "version_code": answer.version_code,
        "version_name": answer.version_name,
        "files": [file.name for file in answer.files],
        "why": answer.explanation,
    }


def _report_refusal(output: Output, refusal: Refusal) -> ExitCode:
    if output.as_json:
        output.document({"refused": {"file": refusal.file, "reason": refusal.reason, "message": refusal.message}})
    else:
        output.note(f"{refusal.file} is refused: {refusal.message} ({refusal.reason})")
    return ExitCode.REFUSED
