"""`appshare-admin operators add`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client


@click.command(
    name="add",
    cls=Command,
    examples="""
    appshare-admin operators add night-shift
    appshare-admin operators add night-shift --json
    """,
)
@click.argument("name")
@json_option
@click.pass_obj
@asynchronous
async def add(options: AccessOptions, name: str, output: Output) -> None:
    """Add an operator and print its token, which the cloud does not keep: send the output into a file for --token-file.

    NAME is 1 to 32 of a-z, 0-9, dot, dash and underscore. It stands in the log of what the operator does.
    """
    async with open_client(options) as client:
        operator, token = await client.add_operator(name)
    if output.as_json:
        output.document({"operator": operator, "token": token})
    else:
        output.text(token)
        output.note(f"{operator.name} operates the cloud with this token (--token-file), which is not shown again.")
