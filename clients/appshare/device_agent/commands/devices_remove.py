"""`appshare devices remove`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.deletion_receipt import say_receipt
from appshare.command_line.input_error import InputError
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.connection import open_client
from appshare.device_agent.model import MyDevice


@click.command(
    cls=Command,
    examples="""
    appshare devices remove 7f3c9a
    """,
)
@click.argument("device_id", metavar="ID")
@json_option
@pass_home
@asynchronous
async def remove(home: AgentHome, device_id: str, output: Output) -> None:
    """Remove a device of your number, a lost phone for example, with all that the cloud keeps of it.

    ID is as listed, or how only that one begins. The device is signed out at once; its push and share lists are gone.
    """
    async with open_client(home) as client:
        device = _find(device_id, await client.devices())
        receipt = await client.remove_device(device.device_id)
    if device.is_this_device:
        home.forget_everything()
    if output.as_json:
        output.document({"removed": device.device_id, "receipt": receipt})
        return
    output.text(f"Device {device.device_id} is removed.")
    say_receipt(output, receipt)


def _find(text: str, devices: list[MyDevice]) -> MyDevice:
    """The device whose id the text is, or alone begins with it."""
    matching = [each for each in devices if each.device_id == text]
    matching = matching or [each for each in devices if text and each.device_id.startswith(text)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        candidates = [each.device_id for each in matching]
        raise InputError(f"the ids of several devices begin with {text}; say which:", candidates=candidates)
    raise InputError(f"no device of your number has the id {text}; `appshare devices` lists them")
