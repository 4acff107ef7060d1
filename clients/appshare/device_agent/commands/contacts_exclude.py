"""`appshare contacts exclude`."""

from dataclasses import replace

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.device_agent.address_book import BookContact
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.book_sync import change_kept_book
from appshare.device_agent.commands.completions import complete_person
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.exclusions import Exclusions
from appshare.device_agent.people import find_contacts


@click.command(
    cls=Command,
    examples="""
    appshare contacts exclude "Li Wei"
    appshare contacts exclude +8613800138000
    """,
)
@click.argument("person", shell_complete=complete_person)
@json_option
@pass_home
@asynchronous
async def exclude(home: AgentHome, person: str, output: Output) -> None:
    """Keep PERSON, a name or a number, from the cloud: every card with one of their numbers is left out of each sync.

    Who they are stays on this device. When the cloud knows them already, it is told to forget them now.
    """
    book, choices = home.address_book(), home.choices()
    meant = find_contacts(person, book.contacts) or [BookContact(0, "", "", (person,))]
    gone, kept = Exclusions(meant).split(book.contacts)
    excluded = dict.fromkeys([*choices.excluded, *(gone or meant)])
    # Kept before it is sent: should that fail, the next sync leaves them out.
    home.save_choices(replace(choices, excluded=tuple(excluded)))
    if gone:
        await change_kept_book(home, book, replace(book, contacts=kept))
    if output.as_json:
        output.document({"excluded": person, "contacts_removed": len(gone)})
    else:
        output.text(f"{person} is left out of every sync from now on. `appshare contacts include` takes that back.")
