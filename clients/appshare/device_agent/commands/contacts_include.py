"""`appshare contacts include`."""

from dataclasses import replace

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.input_error import InputError
from appshare.command_line.output import Output
from appshare.device_agent.address_book import with_contacts
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.book_sync import change_kept_book
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.exclusions import Exclusions
from appshare.device_agent.people import find_contacts


@click.command(
    cls=Command,
    examples="""
    appshare contacts include "Aunt Mei"
    """,
)
@click.argument("person")
@json_option
@pass_home
@asynchronous
async def include(home: AgentHome, person: str, output: Output) -> None:
    """Take back that PERSON, a name or a number, is kept from the cloud, which is told of them now."""
    book, choices = home.address_book(), home.choices()
    included = find_contacts(person, choices.excluded)
    if not included:
        raise InputError(f"{person} is not excluded; `appshare contacts excluded` lists who is")
    excluded = tuple(each for each in choices.excluded if each not in included)
    back = [each for each in included if each.name and not Exclusions(excluded).hold(each)]
    home.save_choices(replace(choices, excluded=excluded))
    if back:
        await change_kept_book(home, book, with_contacts(book, back))
    if output.as_json:
        output.document({"included": person, "contacts_added": len(back)})
    else:
        output.text(f"{person} is in your contacts again." if back else f"The next sync brings {person} back.")
