"""The phone that the agent itself runs on, in Termux: its API commands, and what Android lets an app ask."""

import json
import os
import shutil
import subprocess
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from appshare.command_line.failure import FailureError
from appshare.device_agent.model import App
from appshare.device_agent.sources.android_apps import read_android_apps
from appshare.device_agent.sources.android_install import install_in_session
from appshare.device_agent.sources.android_profile import read_android_profile
from appshare.device_agent.sources.shell import MOST_OUTPUT
from appshare.device_agent.sources.source import (
    RECENT_ENTRIES,
    CommandFailedError,
    InstallOutcome,
    RecentPerson,
    each_once,
)
from appshare.device_agent.vcards import Card, CardFile
from appshare.fit.device_profile import DeviceProfile

Read = TypeVar("Read")

_CONTACTS, _CALL_LOG, _MESSAGES = "termux-contact-list", "termux-call-log", "termux-sms-list"
_SIGNS = (_CONTACTS, "termux-setup-storage")
"""Commands that there are in Termux only."""

_PATIENCE = 60.0
"""Seconds for a command. Without the Termux:API app its commands wait for ever; with it, Android may ask the owner."""

_APK = "application/vnd.android.package-archive"
_TIME_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M")


def is_termux() -> bool:
    """Whether the agent runs in Termux."""
    return bool(os.environ.get("TERMUX_VERSION")) or any(map(shutil.which, _SIGNS))


class TermuxPhone:
    """The phone that the agent runs on."""

    @property
    def serial(self) -> str:
        """None is needed."""
        return ""

    @property
    def name(self) -> str:
        """This phone."""
        return "this phone (Termux)"

    def contacts(self) -> CardFile:
        """The phone's contacts; entries of one name are one contact, since Termux tells nothing else of them.

        Of a contact with several numbers Termux:API itself tells one.
        """
        people: dict[str, list[str]] = {}
        for name, number in _read_entries(self._api(_CONTACTS), _contact, _CONTACTS):
            people.setdefault(name or number, []).append(number)
        cards = (
            Card(line, name if name not in numbers else "", tuple(dict.fromkeys(numbers)))
            for line, (name, numbers) in enumerate(people.items(), start=1)
        )
        return CardFile(tuple(cards), ())

    def call_log(self) -> Sequence[RecentPerson]:
        """The people of the call log."""
        text = self._api(_CALL_LOG, "-l", str(RECENT_ENTRIES))
        return _last_first(_read_entries(text, _caller, _CALL_LOG))

    def message_inbox(self) -> Sequence[RecentPerson]:
        """The senders of text messages; what they wrote comes along and is dropped at once."""
        text = self._api(_MESSAGES, "-l", str(RECENT_ENTRIES), "-t", "inbox")
        return _last_first(_read_entries(text, _sender, _MESSAGES))

    def installed_apps(self) -> Sequence[App]:
        """The apps that Android lets Termux see."""
        return read_android_apps(self)

    def device_profile(self) -> DeviceProfile:
        """What the phone is."""
        return read_android_profile(self)

    def install(self, paths: Sequence[Path]) -> InstallOutcome:
        """Hands a file to Android's installer; several need a session, which only some phones allow."""
        if len(paths) == 1:
            self._api("termux-open", "--content-type", _APK, str(paths[0].resolve()))
            return InstallOutcome.HANDED_OVER
        try:
            install_in_session(self, ("pm",), paths)
        except CommandFailedError as error:
            raise FailureError(
                "INSTALL_NOT_ALLOWED",
                "Android does not let Termux install an app of several files; from a PC: `adb install-multiple FILES`",
            ) from error
        return InstallOutcome.INSTALLED

    def run(self, *words: str) -> str:
        """What a command prints, as `Shell` says."""
        return _run(words)

    def feed(self, path: Path, *words: str) -> str:
        """What a command prints that reads a file, as `Shell` says."""
        with path.open("rb") as content:
            return _run(words, content)

    def _api(self, *words: str) -> str:
        if shutil.which(words[0]) is None:
            raise FailureError("NO_TERMUX_API", f"{words[0]} is not installed; `pkg install termux-api` brings it")
        return _run(words)


def _run(words: Sequence[str], content: Any = subprocess.DEVNULL) -> str:
    try:
        done = subprocess.run(  # noqa: S603  # Android's and Termux's own commands, without a shell between
            list(words), stdin=content, capture_output=True, timeout=_PATIENCE, check=False
        )
    except FileNotFoundError:
        raise CommandFailedError(f"there is no command {words[0]} here") from None
    except subprocess.TimeoutExpired:
        raise CommandFailedError(
            f"{words[0]} does not answer; is the app Termux:API installed, and has it the permission?"
        ) from None
    if done.returncode:
        # What it prints on standard output may be somebody's name.
        told = " ".join(done.stderr.decode("utf-8", "replace").split())[:200]
        raise CommandFailedError(f"`{words[0]}` fails: {told or f'exit code {done.returncode}'}")
    return done.stdout[:MOST_OUTPUT].decode("utf-8", "replace")


def _read_entries(text: str, read: Callable[[Mapping[str, Any]], Read], command: str) -> list[Read]:
    """The entries of a JSON list; one that is not as it should be costs only itself."""
    try:
        document = json.loads(text or "[]")
    except ValueError:
        raise CommandFailedError(f"{command} does not print JSON") from None
    if isinstance(document, Mapping) and "error" in document:
        raise CommandFailedError(f"{command}: {str(document['error'])[:200]}")
    if not isinstance(document, list):
        raise CommandFailedError(f"{command} does not print a list")
    found = []
    for entry in document:
        try:
            found.append(read(entry))
        except (KeyError, TypeError, AttributeError):
            continue
    return found


def _contact(entry: Mapping[str, Any]) -> tuple[str, str]:
    return str(entry.get("name") or ""), _text(entry["number"])


def _caller(entry: Mapping[str, Any]) -> RecentPerson:
    name = str(entry.get("name") or "")
    known = name not in ("", "UNKNOWN_CALLER", "null")
    return RecentPerson(_text(entry["phone_number"]), name if known else "", _time(entry.get("date")))


def _sender(entry: Mapping[str, Any]) -> RecentPerson:
    name = str(entry.get("sender") or "")
    number = entry["address"] if "address" in entry else entry["number"]  # older versions of Termux:API
    return RecentPerson(_text(number), name, _time(entry.get("received")))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a number is a text")
    return value


def _time(value: object) -> datetime | None:
    # Termux writes a time in the digits of the phone's language.
    text = "".join(str(unicodedata.decimal(each, each)) for each in str(value))
    for form in _TIME_FORMS:
        try:
            return datetime.strptime(text, form).astimezone()
        except ValueError:
            continue
    return None


def _last_first(people: Sequence[RecentPerson]) -> Sequence[RecentPerson]:
    """The people in the order of their last entries; Termux lists some of its logs the other way round."""
    return each_once(sorted(people, key=lambda each: each.time.timestamp() if each.time else 0.0, reverse=True))
