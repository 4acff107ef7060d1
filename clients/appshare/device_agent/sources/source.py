"""What every source can tell, and what a phone can do besides."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from appshare.command_line.failure import FailureError
from appshare.device_agent.model import App
from appshare.device_agent.vcards import CardFile
from appshare.fit.device_profile import DeviceProfile

RECENT_ENTRIES = 200
"""Entries of a call log or an inbox that are looked at: whom a person means is among the last ones."""

_LEAST_DIGITS = 3
"""Of the number of a person, as in `people`: emergency numbers are the shortest."""


@dataclass(frozen=True)
class RecentPerson:
    """Somebody of the call log or of the message inbox.

    Attributes:
        name: as the phone shows it; empty for somebody who is in no address book.
        time: of the last entry; None where the source does not tell.
    """

    number: str = field(repr=False)
    name: str = field(default="", repr=False)
    time: datetime | None = None


class Source(Protocol):
    """Tells about a phone and its owner; what it reads is kept nowhere.

    Every method raises FailureError for what the phone does not give, and InputError or OSError for an unusable file.
    """

    @property
    def name(self) -> str:
        """What it is, for people, for example "the phone R58M123ABC on adb"."""

    def contacts(self) -> CardFile:
        """The address book."""

    def call_log(self) -> Sequence[RecentPerson]:
        """Who called or was called, the last one first, each once."""

    def message_inbox(self) -> Sequence[RecentPerson]:
        """Who sent messages, the last one first, each once; what they wrote is not kept."""

    def installed_apps(self) -> Sequence[App]:
        """The apps that its owner has installed, by package name."""

    def device_profile(self) -> DeviceProfile:
        """What the phone is."""


class InstallOutcome(StrEnum):
    """What became of an app on the phone."""

    INSTALLED = "installed"
    HANDED_OVER = "handed_over"
    """The phone asks its owner whether to install it."""


class Phone(Source, Protocol):
    """A source that apps can be installed on."""

    @property
    def serial(self) -> str:
        """How adb knows it; empty for the phone that the agent runs on."""

    def install(self, paths: Sequence[Path]) -> InstallOutcome:
        """Installs an app from all of its files, or nothing; the files stay where they are.

        Raises:
            FailureError: the phone refuses the app, or is gone.
            OSError: a file cannot be read.
        """


class CommandFailedError(FailureError):
    """The phone is there, but a command on it fails or is not allowed."""

    def __init__(self, message: str) -> None:
        super().__init__("PHONE_COMMAND_FAILED", message)


def each_once(people: Sequence[RecentPerson]) -> tuple[RecentPerson, ...]:
    """The people, each at the first of their entries.

    Entries without a number are of nobody: hidden callers (Android writes "-1" to "-3" for them), and senders that have
    a name instead.
    """
    found: dict[str, RecentPerson] = {}
    for person in people:
        if sum(map(str.isdecimal, person.number)) >= _LEAST_DIGITS:
            found.setdefault(person.number, person)
    return tuple(found.values())
