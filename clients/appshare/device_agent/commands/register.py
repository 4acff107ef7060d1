"""`appshare register`."""

from collections.abc import Sequence
from dataclasses import replace

import click

from appshare import errors
from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output, is_terminal
from appshare.device_agent.agent_home import Account, AgentHome, PendingRegistration
from appshare.device_agent.commands.cloud import Cloud, cloud_options, invited_cloud
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.commands.source_option import DeviceChoice, device_options
from appshare.device_agent.connection import ExplainingClient
from appshare.device_agent.invitation import SCHEME, Invitation

_ATTEMPTS = 3
"""How often a person may type the code."""


@click.command(
    cls=Command,
    examples="""
    appshare register +8613800138000
    appshare register 13800138000 --region CN --device phone.json
    appshare register appshare://127.0.0.1:1 +8613800138000
    appshare register --code 482913
    """,
)
@click.argument("words", nargs=-1, metavar="[LINK] [NUMBER]")
@click.option("--code", help="The one-time code, to complete a registration that was started before.")
@cloud_options
@click.option("--region", default="", help="Region of a number without country code, for example CN.")
@device_options
@json_option
@pass_home
@asynchronous
async def register(
    home: AgentHome,
    *,
    words: Sequence[str],
    code: str | None,
    cloud: Cloud,
    region: str,
    device: DeviceChoice,
    output: Output,
) -> None:
    """Register this device with its phone number, which gets a one-time code.

    LINK is an invitation as `appshare invite` makes it: it says where the server is and how to know it. For a device
    that is registered there already, a new LINK says that the server has a new certificate.

    On a terminal the code is asked for; else `appshare register --code CODE` completes the registration. The number
    is sent to the server and kept nowhere. The server, and what to trust, are kept for later commands, and so is what
    the device is: as the phone tells that is there, or the file that --device names.
    """
    invitation, number = _read_words(words)
    if code and words:
        raise click.UsageError("give the phone number to register, or the --code that it got")
    if invitation:
        cloud = invited_cloud(invitation)
        if not number and _trust_again(home, cloud):
            _report_registered(home, output)
            return
    _keep_device(home, device)
    if not code and not number:
        number = _ask_number(output)
    if code:
        await _complete(home, code)
    else:
        await _start(home, cloud, number, region)
        if output.as_json or not is_terminal():
            _report_pending(home, output)
            return
        await _complete_by_asking(home, output)
    _report_registered(home, output)


def _keep_device(home: AgentHome, device: DeviceChoice) -> None:
    """Keeps what the device is, and which phone, as the file or the phone tells."""
    phone = None if device.spec else device.choice.phone()
    source = device.source() if device.spec else phone
    if source:
        home.save_device_profile(source.device_profile())
    if phone and phone.serial:
        home.save_phone_serial(phone.serial)


def _read_words(words: Sequence[str]) -> tuple[Invitation | None, str]:
    links = [word for word in words if word.startswith(SCHEME)]
    numbers = [word for word in words if not word.startswith(SCHEME)]
    if len(links) > 1 or len(numbers) > 1:
        raise click.UsageError("give one LINK and one NUMBER; a number with spaces needs quotes")
    return Invitation.parse(links[0]) if links else None, "".join(numbers)


def _trust_again(home: AgentHome, cloud: Cloud) -> bool:
    """Takes over how the server is known now, if this device is registered there."""
    account = home.find_account()
    if account is None or account.server != cloud.server:
        return False
    home.save_account(replace(account, ca=cloud.ca, server_name=cloud.server_name))
    return True


def _ask_number(output: Output) -> str:
    if output.as_json or not is_terminal():
        raise click.UsageError("give the phone number to register, or the --code that it got")
    return str(click.prompt("Your phone number", err=True))


async def _start(home: AgentHome, cloud: Cloud, number: str, region: str) -> None:
    async with ExplainingClient(cloud.server, ca=cloud.ca, server_name=cloud.server_name) as client:
        registration = await client.register(number, region=region)
    home.save_pending_registration(PendingRegistration(cloud.server, registration, cloud.ca, cloud.server_name))


async def _complete(home: AgentHome, code: str) -> None:
    pending = home.pending_registration()
    async with ExplainingClient(pending.server, ca=pending.ca, server_name=pending.server_name) as client:
        session = await client.verify_number(pending.registration.registration_id, code.strip())
    home.complete_registration(Account(pending.server, session, pending.ca, pending.server_name))


async def _complete_by_asking(home: AgentHome, output: Output) -> None:
    for attempts_left in reversed(range(_ATTEMPTS)):
        try:
            await _complete(home, click.prompt("Code", err=True))
        except errors.PermissionDeniedError as error:
            if not attempts_left:
                raise
            output.note(error.message)
        else:
            return


def _report_pending(home: AgentHome, output: Output) -> None:
    pending = home.pending_registration()
    if output.as_json:
        output.document({"server": pending.server, "registration": pending.registration})
        return
    output.text("A code is on its way. Complete the registration with `appshare register --code CODE`.")


def _report_registered(home: AgentHome, output: Output) -> None:
    account = home.account()
    if output.as_json:
        output.document({"server": account.server, "device_id": account.session.device_id})
        return
    output.text(f"Registered at {account.server} as device {account.session.device_id}.")
    output.text("Next: `appshare contacts sync` lets the cloud find your friends.")
