"""`appshare-admin packages match`."""

from pathlib import Path

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.exit_code import ExitCode
from appshare.command_line.output import Output
from appshare.fit.device_profile import load_device_profile
from appshare.fit.module_option import module_option
from appshare.fit.report import report_answer
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client
from appshare.operator.matches import load_specs, match_all, report_matches


@click.command(
    cls=Command,
    examples="""
    appshare-admin packages match org.example.notes --spec phone.json
    appshare-admin packages match org.example.notes --spec phone.json --module camera --json
    appshare-admin packages match org.example.notes --spec phone.json --json
    appshare-admin packages match org.example.notes --all-specs phones
    appshare-admin packages match --all-specs phones
    """,
)
@click.argument("app", default="")
@click.option(
    "--spec",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Device-spec JSON: bundletool's, or with our own keys.",
)
@click.option(
    "--all-specs",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of such files: a table of devices and apps; without APP, of all apps of the catalogue.",
)
@module_option
@json_option
@click.pass_obj
@asynchronous
async def match(
    options: AccessOptions,
    *,
    app: str,
    spec: Path | None,
    folder: Path | None,
    modules: tuple[str, ...],
    output: Output,
) -> ExitCode:
    """Say which build of APP (a package name) fits a device, and why, or why none does (exit code 4).

    With --all-specs exit code 4 when a device gets no build of an app.
    """
    if (spec is None) == (folder is None):
        raise click.UsageError("say for which device: --spec FILE, or --all-specs FOLDER")
    if folder:
        specs = load_specs(folder)
        async with open_client(options) as client:
            return report_matches(output, await match_all(client, app, specs))
    if not app or not spec:
        raise click.UsageError("name the APP; only --all-specs does without")
    profile = load_device_profile(spec)
    async with open_client(options) as client:
        return report_answer(output, await client.match(app, profile, modules))
