"""`appshare-admin versions floor`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output, counted
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client


@click.command(
    cls=Command,
    examples="""
    appshare-admin versions floor org.example.notes 21
    appshare-admin versions floor org.example.notes --remove
    """,
)
@click.argument("app")
@click.argument("version_code", type=click.IntRange(1, 2**63 - 1), required=False)
@click.option("--remove", is_flag=True, help="Allow every version.")
@json_option
@click.pass_obj
@asynchronous
async def floor(options: AccessOptions, *, app: str, version_code: int | None, remove: bool, output: Output) -> None:
    """Set the lowest VERSION_CODE of APP (a package name) that you allow.

    Lower ones are refused when they are added, and no phone gets those that are there.
    """
    if (version_code is None) != remove:
        raise click.UsageError("give a version code, or --remove")
    async with open_client(options) as client:
        below = await client.decisions.set_floor(app, version_code or 0)
    if output.as_json:
        output.document({"package_name": app, "version_code": version_code, "packages_below": below})
        return
    output.text(f"{app} is allowed from version code {version_code} on." if version_code else f"All {app} is allowed.")
    if below:
        output.note(f"The catalogue has {counted(below, 'package')} of it below, which no phone gets any more.")
