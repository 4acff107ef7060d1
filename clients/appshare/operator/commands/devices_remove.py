"""`appshare-admin devices remove`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.deletion_receipt import say_receipt
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client


@click.command(
    cls=Command,
    examples="""
    appshare-admin devices remove 7f3c9aQm
    appshare-admin devices remove 7f3c9aQm --with-number --json
    """,
)
@click.argument("device_id", metavar="ID")
@click.option("--with-number", is_flag=True, help="Also the other devices of its number, and all that is kept of it.")
@json_option
@click.pass_obj
@asynchronous
async def remove(options: AccessOptions, device_id: str, output: Output, *, with_number: bool) -> None:
    """Remove a device with all that the cloud keeps of it; its sessions are over at once.

    ID is the whole id of the device, as its person finds it with `appshare devices`.
    """
    async with open_client(options) as client:
        receipt = await client.delete_device(device_id, with_number=with_number)
    if output.as_json:
        output.document({"removed": device_id, "receipt": receipt})
        return
    output.text(f"Device {device_id} is removed{' with its number' if with_number else ''}.")
    say_receipt(output, receipt)
