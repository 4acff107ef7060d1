"""`appshare-admin versions list`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client


@click.command(
    "list",
    cls=Command,
    examples="""
    appshare-admin versions list
    appshare-admin versions list org.example.notes --json
    """,
)
@click.argument("app", default="")
@json_option
@click.pass_obj
@asynchronous
async def list_versions(options: AccessOptions, app: str, output: Output) -> None:
    """List the lowest version that you allow of APP (a package name), or of all that have one."""
    async with open_client(options) as client:
        floors = await client.decisions.floors(app)
    if output.as_json:
        output.document({"floors": floors})
    elif floors:
        output.table(["App", "Lowest version code"], [[floor.package_name, floor.version_code] for floor in floors])
    else:
        output.text("Every version is allowed; `appshare-admin versions floor APP CODE` sets the lowest one.")
