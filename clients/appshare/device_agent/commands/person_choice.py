"""Who is meant, when a command is told by a text, by the call log or by the message inbox."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

from appshare.command_line.output import Output, is_terminal, printable
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.commands.source_option import SourceChoice
from appshare.device_agent.model import ByNumber, Person
from appshare.device_agent.people import SeveralPeopleError, find_person, find_recent
from appshare.device_agent.sources.source import Phone, RecentPerson


@dataclass(frozen=True)
class PersonChoice:
    """How a command is told who is meant.

    Attributes:
        from_call_log: somebody of the phone's call log.
        from_messages: somebody who sent the phone messages.
    """

    from_call_log: bool = False
    from_messages: bool = False

    @property
    def is_recent(self) -> bool:
        """Whether somebody of the phone's logs is meant, also where no text says who."""
        return self.from_call_log or self.from_messages

    def pick(self, text: str, home: AgentHome, source: SourceChoice, output: Output) -> Person:
        """The person; several are asked about on a terminal.

        Raises:
            SeveralPeopleError: several, and nobody can be asked.
            InputError: nobody, or no phone to look at.
            FailureError: the phone does not tell.
        """
        try:
            if not self.is_recent:
                return find_person(text, home.address_book())
            phone = source.require_phone("name the PERSON")
            return find_recent(text, self._recent(phone), home.address_book())
        except SeveralPeopleError as several:
            if output.as_json or not is_terminal():
                raise
            return _ask(several)

    def said(self, person: Person, text: str) -> str:
        """What to type to mean the person again: what was typed, unless that was about a log, which changes."""
        return person.number if self.is_recent and isinstance(person, ByNumber) else text

    def _recent(self, phone: Phone) -> Sequence[RecentPerson]:
        return phone.call_log() if self.from_call_log else phone.message_inbox()


def person_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--from-call-log` and `--from-messages`; the command gets `who`."""

    @click.option("--from-call-log", is_flag=True, help="Somebody of the phone's call log; PERSON may narrow it down.")
    @click.option("--from-messages", is_flag=True, help="Somebody who sent the phone messages, likewise.")
    @wraps(command)
    def run(*args: Any, from_call_log: bool, from_messages: bool, **kwargs: Any) -> Any:
        if from_call_log and from_messages:
            raise click.UsageError("--from-call-log or --from-messages, not both")
        return command(*args, who=PersonChoice(from_call_log, from_messages), **kwargs)

    return run


def pick_person(text: str, home: AgentHome, output: Output) -> Person:
    """The person whom a text means; several are asked about on a terminal.

    Raises:
        InputError: nobody; or several, and nobody can be asked.
    """
    return PersonChoice().pick(text, home, SourceChoice(), output)


def _ask(several: SeveralPeopleError) -> Person:
    click.echo("Several people match:", err=True)
    for number, candidate in enumerate(several.candidates, start=1):
        click.echo(f"  {number}  {printable(candidate)}", err=True)
    number = click.prompt("Which one?", type=click.IntRange(1, len(several.people)), err=True)
    return several.people[number - 1]
