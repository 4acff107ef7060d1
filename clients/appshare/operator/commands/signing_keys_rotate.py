"""`appshare-admin signing-keys rotate`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client


@click.command(
    name="rotate",
    cls=Command,
    examples="""
    appshare-admin signing-keys rotate
    appshare-admin signing-keys rotate --withdraw
    """,
)
@click.option(
    "--withdraw",
    is_flag=True,
    help="Refuse the tokens of all other keys at once, as after a leak; devices refresh theirs.",
)
@json_option
@click.pass_obj
@asynchronous
async def rotate(options: AccessOptions, *, withdraw: bool, output: Output) -> None:
    """Sign access tokens with a new key from now on; those that are out there are good until they are over."""
    async with open_client(options) as client:
        key = await client.rotate_signing_key(withdraw_older=withdraw)
    if output.as_json:
        output.document({"key": key})
    else:
        output.text(f"Key {key.key_id} signs from now on.")
