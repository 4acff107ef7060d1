"""`appshare preferences pushes`."""

from collections.abc import Sequence
from dataclasses import replace

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.connection import open_client
from appshare.device_agent.model import PushPolicy, PushPreference
from appshare.device_agent.people import find_friend_devices, friend_names, shown_device

_MEANINGS = {
    PushPolicy.OFF: "You accept pushes from nobody.",
    PushPolicy.FRIENDS: "You accept pushes from all your friends.",
    PushPolicy.SELECTED: "You accept pushes from these friends only:",
}

_RECEIPTS = {
    False: "Nobody is told what you install.",
    True: "Who shares an app with you is told when you have installed it.",
}


@click.command(
    cls=Command,
    examples="""
    appshare preferences pushes
    appshare preferences pushes --push friends
    appshare preferences pushes --push selected --from "Li Wei" --from +8613800138000
    """,
)
@click.option(
    "--push", "policy", type=click.Choice([policy.value for policy in PushPolicy]), help="From whom you accept pushes."
)
@click.option("--from", "senders", multiple=True, metavar="PERSON", help="With --push selected; may be repeated.")
@json_option
@pass_home
@asynchronous
async def pushes(home: AgentHome, policy: str | None, senders: Sequence[str], output: Output) -> None:
    """Say from whom you accept pushes; without an option: show it."""
    if (policy == PushPolicy.SELECTED) != bool(senders):
        raise click.UsageError("--push selected and --from PERSON go together")
    async with open_client(home) as client:
        preference = await client.push_preference()
        if policy:
            selected = await _selected(home, client, senders)
            preference = replace(preference, policy=PushPolicy(policy), selected_device_ids=selected)
            await client.set_push_preference(preference)
        names = {} if output.as_json else await _names(home, client, preference)
    if output.as_json:
        output.document({"push": preference, "install_receipts": home.choices().install_receipts})
        return
    output.text(_MEANINGS[preference.policy])
    for device_id in preference.selected_device_ids:
        output.text(f"  {shown_device(device_id, names)}")
    for device_id in preference.muted_device_ids:
        output.text(f"Muted: {shown_device(device_id, names)}")
    output.text(_RECEIPTS[home.choices().install_receipts])


async def _selected(home: AgentHome, client: DeviceClient, senders: Sequence[str]) -> tuple[str, ...]:
    if not senders:
        return ()
    return find_friend_devices(senders, home.address_book(), (await client.friends()).friends)


async def _names(home: AgentHome, client: DeviceClient, preference: PushPreference) -> dict[str, str]:
    """What selected and muted devices are called; asked for only when there are some."""
    if not preference.selected_device_ids and not preference.muted_device_ids:
        return {}
    return friend_names(home.address_book(), (await client.friends()).friends)
