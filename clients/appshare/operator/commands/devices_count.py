"""`appshare-admin devices count`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output, counted
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client


@click.command(cls=Command, examples="appshare-admin devices count")
@json_option
@click.pass_obj
@asynchronous
async def count(options: AccessOptions, output: Output) -> None:
    """Count the registered devices, and the numbers that they have."""
    async with open_client(options) as client:
        found = await client.count_devices()
    if output.as_json:
        output.document(found)
    else:
        output.text(f"{counted(found.devices, 'device')} of {counted(found.numbers, 'number')}.")
