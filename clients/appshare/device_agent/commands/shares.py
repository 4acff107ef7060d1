"""`appshare shares`."""

import click

from appshare import errors
from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.commands.completions import complete_person
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.commands.owner_names import owner_names, shown_owners
from appshare.device_agent.commands.person_choice import PersonChoice, person_options
from appshare.device_agent.commands.source_option import SourceChoice, source_options
from appshare.device_agent.connection import open_client
from appshare.device_agent.model import Person, ShareList


@click.command(
    cls=Command,
    examples="""
    appshare shares "Li Wei"
    appshare shares +8613800138000 --json
    appshare shares --from-call-log 8002
    appshare shares --all
    appshare shares --all --search notes
    """,
)
@click.argument("person", required=False, shell_complete=complete_person)
@person_options
@source_options
@click.option("--all", "everybody", is_flag=True, help="What all your friends share, one line per app.")
@click.option("--search", default="", metavar="TEXT", help="With --all: only apps with TEXT in label or package name.")
@json_option
@pass_home
@asynchronous
async def shares(
    home: AgentHome,
    *,
    person: str | None,
    who: PersonChoice,
    source: SourceChoice,
    everybody: bool,
    search: str,
    output: Output,
) -> None:
    """List what PERSON, or all of your friends, share with you, also while they are offline."""
    if bool(person or who.is_recent) == everybody or (search and not everybody):
        raise click.UsageError("name a PERSON, or say --all, which --search goes with")
    owner = None if everybody else who.pick(person or "", home, source, output)
    async with open_client(home) as client:
        if owner is None:
            await _show_all(home, client, search, output)
        else:
            await _show(home, client, owner, who.said(owner, person or ""), output)


async def _show(home: AgentHome, client: DeviceClient, owner: Person, person: str, output: Output) -> None:
    found = (await _look(home, client, owner)).shares
    if output.as_json:
        output.document({"shares": found})
        return
    output.table(
        ["App", "Package", "Version", "Platform"],
        [[each.app.label, each.app.package_name, each.app.version_name, each.app.platform] for each in found],
    )
    output.text(f'`appshare get "{person}" PACKAGE` downloads one.')


async def _look(home: AgentHome, client: DeviceClient, owner: Person) -> ShareList:
    """The list as it is now; one that is kept comes again only when it has changed."""
    kept = home.kept_lists()
    try:
        listed = await client.changed_shares(owner, kept.of(owner).version)
    except errors.PermissionDeniedError:
        home.save_kept_lists(kept.without(owner))
        raise
    current = listed or kept.of(owner)
    home.save_kept_lists(kept.with_list(owner, current))
    return current


async def _show_all(home: AgentHome, client: DeviceClient, search: str, output: Output) -> None:
    found = await client.friends_shares(search)
    if output.as_json:
        output.document(found)
        return
    if not found.shares:
        output.text("None of your friends shares such an app." if search else "None of your friends shares an app.")
        return
    names = await owner_names(home, client, found.shares)
    output.table(
        ["App", "Package", "Versions", "Friends", "Who"],
        [
            [
                each.label,
                each.package_name,
                ", ".join(dict.fromkeys(version.version_name for version in each.versions)),
                each.friend_count,
                shown_owners(each, names),
            ]
            for each in found.shares
        ],
    )
    output.text("`appshare get PACKAGE` downloads one from whoever has the newest version.")
    if found.truncated:
        output.note("You have more friends than the operator lets a list hold; it lacks what the others share.")
