"""`appshare-admin signers list`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client


@click.command(
    "list",
    cls=Command,
    examples="""
    appshare-admin signers list
    appshare-admin signers list org.example.notes --json
    """,
)
@click.argument("app", default="")
@json_option
@click.pass_obj
@asynchronous
async def list_signers(options: AccessOptions, app: str, output: Output) -> None:
    """List whose signature APP (a package name), or each app, is pinned to."""
    async with open_client(options) as client:
        pins = await client.decisions.pins(app)
    if output.as_json:
        output.document({"pins": pins})
        return
    if not pins:
        output.text("No app is pinned to a signer; the first package of an app pins its own.")
        return
    output.table(
        ["App", "Signer (SHA-256 of its certificate)", "Former", "Pinned by"],
        [
            [
                pin.package_name,
                pin.signer_sha256,
                ", ".join(pin.former_sha256) or "none",
                "you" if pin.by_operator else "its packages",
            ]
            for pin in pins
        ],
    )
