"""`appshare preferences mute` and `unmute`."""

from collections.abc import Sequence
from dataclasses import replace

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.commands.completions import complete_person
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.connection import open_client
from appshare.device_agent.people import find_friend_devices


@click.command(
    cls=Command,
    examples="""
    appshare preferences mute "Li Wei"
    """,
)
@click.argument("people", nargs=-1, required=True, metavar="PERSON...", shell_complete=complete_person)
@json_option
@pass_home
@asynchronous
async def mute(home: AgentHome, people: Sequence[str], output: Output) -> None:
    """Accept no pushes from PERSON, whoever else may push. They are not told; you stay friends."""
    async with open_client(home) as client:
        devices = await _devices(home, client, people)
        preference = await client.push_preference()
        muted = tuple(dict.fromkeys([*preference.muted_device_ids, *devices]))
        await client.set_push_preference(replace(preference, muted_device_ids=muted))
    if output.as_json:
        output.document({"muted_device_ids": muted})
    else:
        output.text(f"Muted: {', '.join(people)}.")


@click.command(
    cls=Command,
    examples="""
    appshare preferences unmute "Li Wei"
    appshare preferences unmute device:7f3c9a
    """,
)
@click.argument("people", nargs=-1, required=True, metavar="PERSON...", shell_complete=complete_person)
@json_option
@pass_home
@asynchronous
async def unmute(home: AgentHome, people: Sequence[str], output: Output) -> None:
    """Accept pushes from PERSON again, as far as you accept any."""
    async with open_client(home) as client:
        devices = await _devices(home, client, people)
        preference = await client.push_preference()
        muted = tuple(each for each in preference.muted_device_ids if each not in devices)
        await client.set_push_preference(replace(preference, muted_device_ids=muted))
    if output.as_json:
        output.document({"muted_device_ids": muted})
    else:
        output.text(f"Not muted: {', '.join(people)}.")


async def _devices(home: AgentHome, client: DeviceClient, people: Sequence[str]) -> tuple[str, ...]:
    return find_friend_devices(people, home.address_book(), (await client.friends()).friends)
