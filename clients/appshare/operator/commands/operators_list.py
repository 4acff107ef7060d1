"""`appshare-admin operators list`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client


@click.command(
    name="list",
    cls=Command,
    examples="""
    appshare-admin operators list
    appshare-admin operators list --json
    """,
)
@json_option
@click.pass_obj
@asynchronous
async def list_operators(options: AccessOptions, output: Output) -> None:
    """List the operators; "bootstrap" is whoever has the token that the gateway leaves in its folder."""
    async with open_client(options) as client:
        operators = await client.operators()
    if output.as_json:
        output.document({"operators": operators})
    else:
        rows = [
            (each.name, f"{each.create_time:%Y-%m-%d}", "you" if each.is_this_operator else "") for each in operators
        ]
        output.table(["Operator", "Since", ""], rows)
