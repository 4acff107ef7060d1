"""`appshare-admin signing-keys list`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client
from appshare.operator.shown import shown_use


@click.command(
    name="list",
    cls=Command,
    examples="""
    appshare-admin signing-keys list
    appshare-admin signing-keys list --json
    """,
)
@json_option
@click.pass_obj
@asynchronous
async def list_keys(options: AccessOptions, output: Output) -> None:
    """List the keys whose tokens are not over, the newest first, which signs."""
    async with open_client(options) as client:
        keys = await client.signing_keys()
    if output.as_json:
        output.document({"keys": keys})
    else:
        rows = [(each.key_id, f"{each.create_time:%Y-%m-%d %H:%M} UTC", shown_use(each)) for each in keys]
        output.table(["Key", "Since", "Use"], rows)
