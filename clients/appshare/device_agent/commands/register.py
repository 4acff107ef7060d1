"""`appshare register`."""

import click

from appshare import errors
from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output, is_terminal
from appshare.device_agent.agent_home import Account, AgentHome, PendingRegistration
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.commands.cloud import Cloud, cloud_options
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.commands.source_option import DeviceChoice, device_options

_ATTEMPTS = 3
"""How often a person may type the code."""


@click.command(
    cls=Command,
    examples="""
    appshare register +8613800138000
    appshare register 13800138000 --region CN --device phone.json
    appshare register --code 482913
    """,
)
@click.argument("number", required=False)
@click.option("--code", help="The one-time code, to complete a registration that was started before.")
@cloud_options
@click.option("--region", default="", help="Region of a number without country code, for example CN.")
@device_options
@json_option
@pass_home
@asynchronous
async def register(
    home: AgentHome,
    number: str | None,
    code: str | None,
    cloud: Cloud,
    region: str,
    device: DeviceChoice,
    output: Output,
) -> None:
    """Register this device with its phone number, which gets a one-time code.

    On a terminal the code is asked for; else `appshare register --code CODE` completes the registration. The number
    is sent to the server and kept nowhere. The server, and the authorities to trust, are kept for later commands.
    """
    if bool(number) == bool(code):
        raise click.UsageError("give the phone number to register, or the --code that it got")
    source = device.source()
    if source:
        home.save_device_profile(source.device_profile())
    if code:
        await _complete(home, code)
    else:
        await _start(home, cloud, number or "", region)
        if output.as_json or not is_terminal():
            _report_pending(home, output)
            return
        await _complete_by_asking(home, output)
    _report_registered(home, output)


async def _start(home: AgentHome, cloud: Cloud, number: str, region: str) -> None:
    async with DeviceClient(cloud.server, ca=cloud.ca) as client:
        registration = await client.register(number, region=region)
    home.save_pending_registration(PendingRegistration(cloud.server, registration, cloud.ca))


async def _complete(home: AgentHome, code: str) -> None:
    pending = home.pending_registration()
    async with DeviceClient(pending.server, ca=pending.ca) as client:
        session = await client.verify_number(pending.registration.registration_id, code.strip())
    home.complete_registration(Account(pending.server, session, pending.ca))


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
    output.text("Next: `appshare contacts sync FILE.vcf` lets the cloud find your friends.")
