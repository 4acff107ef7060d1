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


@click.command(
    cls=Command,
    examples="""
    appshare-admin packages match org.example.notes --spec phone.json
    appshare-admin packages match org.example.notes --spec phone.json --module camera --json
    """,
)
@click.argument("app")
@click.option(
    "--spec",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Device-spec JSON: bundletool's, or with our own keys.",
)
@module_option
@json_option
@click.pass_obj
@asynchronous
async def match(options: AccessOptions, *, app: str, spec: Path, modules: tuple[str, ...], output: Output) -> ExitCode:
    """Say which build of APP (a package name) fits a device, and why, or why none does (exit code 4)."""
    profile = load_device_profile(spec)
    async with open_client(options) as client:
        return report_answer(output, await client.match(app, profile, modules))
