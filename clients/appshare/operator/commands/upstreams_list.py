"""`appshare-admin upstreams list`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.commands.upstreams_shown import print_kept, print_upstreams
from appshare.operator.connection import open_client


@click.command(
    "list",
    cls=Command,
    examples="""
    appshare-admin upstreams list
    appshare-admin upstreams list --json
    """,
)
@json_option
@click.pass_obj
@asynchronous
async def list_upstreams(options: AccessOptions, output: Output) -> None:
    """List the repositories, in the order in which they are searched, how each is doing, and what is kept of them."""
    async with open_client(options) as client:
        listed = await client.upstreams.all()
    if output.as_json:
        output.document(listed)
    elif listed.upstreams:
        print_upstreams(output, listed.upstreams)
        print_kept(output, listed.kept)
    else:
        output.text("No upstreams; `appshare-admin upstreams add URL --fingerprint SHA256` adds one.")
