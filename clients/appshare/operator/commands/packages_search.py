"""`appshare-admin packages search`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client


@click.command(
    cls=Command,
    examples="""
    appshare-admin packages search notes
    appshare-admin packages search "open street" --json
    """,
)
@click.argument("text")
@json_option
@click.pass_obj
@asynchronous
async def search(options: AccessOptions, text: str, output: Output) -> None:
    """Find apps whose names hold all words of TEXT, in the catalogue and in the upstreams."""
    async with open_client(options) as client:
        found = await client.upstreams.search(text)
    if output.as_json:
        output.document({"apps": found.apps, "truncated": found.truncated})
        return
    if not found.apps:
        output.text("No app of this name is in the catalogue or in an upstream.")
        return
    output.table(
        ["App", "Label", "Version", "Code", "Where"],
        [
            [app.package_name, app.label, app.version_name, app.version_code, app.upstream or "catalogue"]
            for app in found.apps
        ],
    )
    if found.truncated:
        output.note("There are more; search for more words.")
