"""`appshare-admin adaptations list`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client
from appshare.operator.shown_rows import note_idle, shown_builds, shown_devices


@click.command(
    "list",
    cls=Command,
    examples="""
    appshare-admin adaptations list
    appshare-admin adaptations list org.example.notes --json
    """,
)
@click.argument("app", default="")
@json_option
@click.pass_obj
@asynchronous
async def list_adaptations(options: AccessOptions, app: str, output: Output) -> None:
    """List your rows for APP (a package name), or for all, in the order in which they are searched."""
    async with open_client(options) as client:
        rows = await client.decisions.rows(app)
    if output.as_json:
        output.document({"rows": rows})
        return
    if not rows:
        output.text("You override nothing; `appshare-admin adaptations add` adds a row.")
        return
    output.table(
        ["App", "Row", "Effect", "Builds", "Devices", "Id"],
        [
            [row.package_name, row.position, row.effect, shown_builds(row), shown_devices(row.devices), row.row_id]
            for row in rows
        ],
    )
    note_idle(output, rows)
