"""`appshare-admin adaptations remove`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client


@click.command(
    cls=Command,
    examples="""
    appshare-admin adaptations remove 5a8b6c70d1e2
    """,
)
@click.argument("row_id")
@json_option
@click.pass_obj
@asynchronous
async def remove(options: AccessOptions, row_id: str, output: Output) -> None:
    """Remove the row with the id ROW_ID; those behind it move up."""
    async with open_client(options) as client:
        await client.decisions.remove_row(row_id)
    if output.as_json:
        output.document({"removed": row_id})
    else:
        output.text(f"Row {row_id} is removed.")
