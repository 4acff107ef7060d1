"""`appshare friends check`."""

from collections.abc import Sequence

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.commands.completions import complete_person
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.commands.person_choice import pick_person
from appshare.device_agent.connection import open_client
from appshare.device_agent.model import FriendCheck, FriendshipLevel

_ERRORS = {"INVALID_PHONE_NUMBER": "not a phone number"}


@click.command(
    cls=Command,
    examples="""
    appshare friends check "Li Wei" +8613800138000
    appshare friends check 13800138000 --json
    """,
)
@click.argument("people", nargs=-1, required=True, metavar="PERSON...", shell_complete=complete_person)
@json_option
@pass_home
@asynchronous
async def check(home: AgentHome, people: Sequence[str], output: Output) -> None:
    """Say for each PERSON whether you see what they share with friends.

    Who is not registered, is no friend of yours or blocks you looks the same.
    """
    meant = [pick_person(person, home, output) for person in people]
    async with open_client(home) as client:
        checks = await client.check_friends(meant)
    results = list(zip(people, checks, strict=True))
    if output.as_json:
        output.document({"checks": [{"person": person, **vars(each)} for person, each in results]})
    else:
        output.table(["Person", "Friend"], [[person, _shown(each)] for person, each in results])


def _shown(check: FriendCheck) -> str:
    if check.error:
        return _ERRORS.get(check.error, check.error)
    return "no" if check.level is FriendshipLevel.NONE else check.level
