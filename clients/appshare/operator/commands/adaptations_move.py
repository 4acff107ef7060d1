"""`appshare-admin adaptations move`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client
from appshare.operator.shown_rows import shown_row


@click.command(
    cls=Command,
    examples="""
    appshare-admin adaptations move 5a8b6c70d1e2 1
    """,
)
@click.argument("row_id")
@click.argument("position", type=click.IntRange(1, 2**31))
@json_option
@click.pass_obj
@asynchronous
async def move(options: AccessOptions, row_id: str, position: int, output: Output) -> None:
    """Move the row with the id ROW_ID to a POSITION among the rows of its app, from 1 on."""
    async with open_client(options) as client:
        moved = await client.decisions.move_row(row_id, position)
    if output.as_json:
        output.document({"row": moved})
    else:
        output.text(f"{moved.package_name}, row {moved.position}: {shown_row(moved)}")
