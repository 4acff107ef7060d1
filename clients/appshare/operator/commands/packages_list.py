"""`appshare-admin packages list`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client
from appshare.operator.shown import shown_files, shown_id, shown_kind, shown_sdks


@click.command(
    "list",
    cls=Command,
    examples="""
    appshare-admin packages list
    appshare-admin packages list org.example.notes --json
    """,
)
@click.argument("app", default="")
@json_option
@click.pass_obj
@asynchronous
async def list_packages(options: AccessOptions, app: str, output: Output) -> None:
    """List the packages of APP (a package name), or all: newest version first."""
    async with open_client(options) as client:
        packages = await client.packages(app)
    if output.as_json:
        output.document({"packages": packages})
        return
    if not packages:
        output.text("No packages; `appshare-admin packages add FILE` adds one.")
        return
    output.table(
        ["App", "Label", "Version", "Code", "SDK", "ABIs", "Kind", "Files", "Id"],
        [
            [
                package.package_name,
                package.label,
                package.version_name,
                package.version_code,
                shown_sdks(package.min_sdk, package.max_sdk),
                ", ".join(package.abis) or "any",
                shown_kind(package),
                shown_files([file.name for file in package.files]),
                shown_id(package.package_id),
            ]
            for package in packages
        ],
    )
