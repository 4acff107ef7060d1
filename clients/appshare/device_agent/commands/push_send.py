"""`appshare push send`."""

import asyncio
import secrets
from collections.abc import Sequence

import click

from appshare import errors
from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.exit_code import ExitCode
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.commands.completions import complete_person
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.commands.person_choice import PersonChoice, person_options
from appshare.device_agent.commands.source_option import SourceChoice, source_options
from appshare.device_agent.connection import open_client
from appshare.device_agent.model import Person, Push, PushOutcome

_LONGEST_WAIT = 5.0
"""Seconds before the second try, whatever the server asks for."""


@click.command(
    cls=Command,
    examples="""
    appshare push send "Li Wei"
    appshare push send --from-messages
    appshare push send "Li Wei" +8613800138000 --app org.example.notes --note "Try this one"
    """,
)
@click.argument("people", nargs=-1, metavar="PERSON...", shell_complete=complete_person)
@person_options
@source_options
@click.option("--app", "packages", multiple=True, metavar="PACKAGE", help="Only this app; may be repeated.")
@click.option("--note", default="", help="A line for the recipients, at most 200 characters.")
@json_option
@pass_home
@asynchronous
async def send(
    home: AgentHome,
    *,
    people: Sequence[str],
    who: PersonChoice,
    source: SourceChoice,
    packages: Sequence[str],
    note: str,
    output: Output,
) -> ExitCode | None:
    """Push what you share with PERSON, who decides from whom to receive pushes.

    Exit code 3 when nobody accepted; a refusal does not tell why.
    """
    if not people and not who.is_recent:
        raise click.UsageError("name a PERSON, or say --from-call-log or --from-messages")
    texts = people or [""]
    recipients = [who.pick(text, home, source, output) for text in texts]
    people = [who.said(recipient, text) for recipient, text in zip(recipients, texts, strict=True)]
    async with open_client(home) as client:
        pushed = await _push_once(client, recipients, packages, note)
    home.save_last_push_id(pushed.push_id)
    results = list(zip(people, pushed.outcomes, strict=True))
    if output.as_json:
        outcomes = [{"person": person, "outcome": outcome} for person, outcome in results]
        output.document({"push_id": pushed.push_id, "outcomes": outcomes})
    else:
        output.table(["Person", "Outcome"], results)
        output.text(f"Push {pushed.push_id}; `appshare push recall` takes it back from who has not received it.")
    return ExitCode.DONE if PushOutcome.ACCEPTED in pushed.outcomes else ExitCode.REFUSED


async def _push_once(client: DeviceClient, recipients: Sequence[Person], packages: Sequence[str], note: str) -> Push:
    """Pushes, and tries again when it is not known whether that arrived: the same request id is delivered once."""
    request_id = secrets.token_hex(16)
    try:
        return await client.push(recipients, package_names=packages, note=note, request_id=request_id)
    except errors.UnavailableError as error:
        wait = error.retry_after.total_seconds() if error.retry_after else 1.0
    await asyncio.sleep(min(wait, _LONGEST_WAIT))
    return await client.push(recipients, package_names=packages, note=note, request_id=request_id)
