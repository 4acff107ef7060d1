"""`appshare devices list`."""

from datetime import datetime

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.connection import open_client


@click.command(
    "list",
    cls=Command,
    examples="""
    appshare devices list
    appshare devices list --json
    """,
)
@json_option
@pass_home
@asynchronous
async def list_devices(home: AgentHome, output: Output) -> None:
    """List the devices that are registered with your number, the newest first."""
    async with open_client(home) as client:
        devices = await client.devices()
    if output.as_json:
        output.document({"devices": devices})
        return
    output.table(
        ["Device", "Registered", "Last seen", ""],
        [
            [
                each.device_id,
                _shown(each.register_time),
                _shown(each.last_seen_time),
                "this device" if each.is_this_device else "",
            ]
            for each in devices
        ],
    )


def _shown(time: datetime) -> str:
    return time.astimezone().strftime("%Y-%m-%d %H:%M")
