"""`appshare-admin keys status`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client
from appshare.operator.shown import shown_rotation


@click.command(
    cls=Command,
    examples="""
    appshare-admin keys status
    appshare-admin keys status --json
    """,
)
@json_option
@click.pass_obj
@asynchronous
async def status(options: AccessOptions, output: Output) -> None:
    """Say which number key is in use, and how far its rotation is."""
    async with open_client(options) as client:
        rotation = await client.number_key_rotation()
    if output.as_json:
        output.document({"rotation": rotation})
    else:
        output.text(shown_rotation(rotation))
