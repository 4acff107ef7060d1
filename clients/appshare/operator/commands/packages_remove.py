"""`appshare-admin packages remove`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client
from appshare.operator.package_ids import find_package_id


@click.command(
    cls=Command,
    examples="""
    appshare-admin packages remove e489500b
    """,
)
@click.argument("package_id")
@json_option
@click.pass_obj
@asynchronous
async def remove(options: AccessOptions, package_id: str, output: Output) -> None:
    """Remove a package, by its id or the first 8 or more characters of it. Downloads under way complete."""
    async with open_client(options) as client:
        found = await find_package_id(client, package_id)
        await client.remove_package(found)
    if output.as_json:
        output.document({"removed": found})
    else:
        output.text(f"{found} is removed.")
