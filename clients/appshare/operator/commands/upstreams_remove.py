"""`appshare-admin upstreams remove`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client


@click.command(
    cls=Command,
    examples="""
    appshare-admin upstreams remove f-droid.org
    """,
)
@click.argument("name")
@json_option
@click.pass_obj
@asynchronous
async def remove(options: AccessOptions, name: str, output: Output) -> None:
    """Remove the repository NAME. The packages that came from it stay in the catalogue."""
    async with open_client(options) as client:
        await client.upstreams.remove(name)
    if output.as_json:
        output.document({"removed": name})
    else:
        output.text(f"{name} is removed.")
