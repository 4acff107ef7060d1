"""`appshare-admin operators remove`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client


@click.command(
    name="remove",
    cls=Command,
    examples="""
    appshare-admin operators remove day-shift
    appshare-admin --token-file mine.token operators remove bootstrap
    """,
)
@click.argument("name")
@json_option
@click.pass_obj
@asynchronous
async def remove(options: AccessOptions, name: str, output: Output) -> None:
    """Remove an operator; its token is void at once. The last one stays: add another first.

    Without "bootstrap", who can read the gateway's folder is no operator by that.
    """
    async with open_client(options) as client:
        await client.remove_operator(name)
    if output.as_json:
        output.document({"removed": name})
    else:
        output.text(f"{name} cannot operate the cloud any more.")
