"""`appshare-admin keys rotate`."""

import asyncio

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.client import OperatorClient
from appshare.operator.connection import open_client
from appshare.operator.model import NumberKeyRotation
from appshare.operator.shown import shown_rotation

_PAUSE = 1.0
"""Seconds between two looks at the progress."""


@click.command(
    cls=Command,
    examples="""
    appshare-admin keys rotate
    appshare-admin keys rotate --no-wait --json
    """,
)
@click.option("--wait/--no-wait", default=True, help="Follow the rotation to its end.  [default: wait]")
@json_option
@click.pass_obj
@asynchronous
async def rotate(options: AccessOptions, *, wait: bool, output: Output) -> None:
    """Store every number under a new key, after a key may have leaked or once in a while.

    No phone has to do anything, and service goes on. Ctrl-C ends the command, not the rotation; a second one while it
    is under way joins it. Back the new key up when it is done.
    """
    async with open_client(options) as client:
        now = await client.number_key_rotation()
        rotation = await client.rotate_number_key(now.generation)
        if wait:
            rotation = await _follow(client, rotation, output)
    if output.as_json:
        output.document({"rotation": rotation})
    else:
        output.text(shown_rotation(rotation))


async def _follow(client: OperatorClient, rotation: NumberKeyRotation, output: Output) -> NumberKeyRotation:
    """Tells of every progress until the rotation is over."""
    told: NumberKeyRotation | None = None
    while rotation.running:
        if not output.as_json and rotation != told:
            output.note(shown_rotation(rotation))
            told = rotation
        await asyncio.sleep(_PAUSE)
        rotation = await client.number_key_rotation()
    return rotation
