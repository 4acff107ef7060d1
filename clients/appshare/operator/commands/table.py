"""`appshare-admin table`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client
from appshare.operator.shown import shown_files, shown_id, shown_screens, shown_sdks


@click.command(
    cls=Command,
    examples="""
    appshare-admin table
    appshare-admin table org.example.notes --json
    """,
)
@click.argument("app", default="")
@json_option
@click.pass_obj
@asynchronous
async def table(options: AccessOptions, app: str, output: Output) -> None:
    """Show the adaptation table of APP (a package name), or of all: which file serves which devices.

    The rows stand in the order in which they are searched.
    """
    async with open_client(options) as client:
        rows = await client.adaptations(app)
    if output.as_json:
        output.document({"rows": rows})
        return
    if not rows:
        output.text("The table is empty; `appshare-admin packages add FILE` fills it.")
        return
    output.table(
        ["App", "Version", "Model", "SDK", "Screens", "ABIs", "Files", "Id"],
        [
            [
                row.package_name,
                f"{row.version_name} ({row.version_code})",
                row.model or "any",
                shown_sdks(row.min_sdk, row.max_sdk),
                shown_screens(row.screens),
                ", ".join(row.abis) or "any",
                shown_files(row.file_names),
                shown_id(row.package_id),
            ]
            for row in rows
        ],
    )
