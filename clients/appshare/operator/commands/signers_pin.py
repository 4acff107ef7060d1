"""`appshare-admin signers pin`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output, counted
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client


@click.command(
    cls=Command,
    examples="""
    appshare-admin signers pin org.example.notes
    appshare-admin signers pin org.example.notes 1d4cb3ca6fa0762633190e18b75df33b30751c8637f38c72e3e3eb745bfc89e7
    """,
)
@click.argument("app")
@click.argument("digest", default="")
@json_option
@click.pass_obj
@asynchronous
async def pin(options: AccessOptions, app: str, digest: str, output: Output) -> None:
    """Pin APP (a package name) to the signer with the DIGEST, the SHA-256 of its certificate; of several with commas.

    Without a digest the signer stays as it is, with its former certificates, and is now pinned by you. With one, former
    certificates are trusted no more. A later signer whose lineage proves that the pinned one has given way is followed.
    """
    async with open_client(options) as client:
        pinned, left_out = await client.decisions.pin(app, digest.replace(":", ""))
    if output.as_json:
        output.document({"pin": pinned, "packages_not_accepted": left_out})
        return
    output.text(f"{app} is pinned to {pinned.signer_sha256}.")
    if left_out:
        output.note(f"The catalogue has {counted(left_out, 'package')} of it by others, which no phone gets any more.")
