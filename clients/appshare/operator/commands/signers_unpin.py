"""`appshare-admin signers unpin`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client


@click.command(
    cls=Command,
    examples="""
    appshare-admin signers unpin org.example.notes
    """,
)
@click.argument("app")
@json_option
@click.pass_obj
@asynchronous
async def unpin(options: AccessOptions, app: str, output: Output) -> None:
    """Forget whose signature APP (a package name) is pinned to: the next package that is added pins its signer.

    Until then phones get packages of any signer.
    """
    async with open_client(options) as client:
        await client.decisions.unpin(app)
    if output.as_json:
        output.document({"unpinned": app})
    else:
        output.text(f"The next package of {app} that is added pins its signer.")
