"""A phone on a cable or in the network, through the adb server of this machine."""

import os
import shlex
import socket
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from appshare.command_line.failure import FailureError
from appshare.command_line.input_error import InputError
from appshare.device_agent.model import App
from appshare.device_agent.sources.android_apps import read_android_apps
from appshare.device_agent.sources.android_install import install_in_session
from appshare.device_agent.sources.android_profile import read_android_profile
from appshare.device_agent.sources.content_rows import read_rows
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

_READY = "device"
"""The state of a phone that takes commands."""

_STATES = {
    "unauthorized": "it asks whether to trust this computer: unlock it and confirm",
    "offline": "it does not answer: unplug it and plug it in again",
    "no permissions": "this user may not use USB devices",
}

_PROBE_TIMEOUT = 1.0
"""Seconds to find out whether an adb server is there; on this machine it takes less than a millisecond."""

_SILENCE = 180.0
"""Seconds that a phone may say nothing: a slow one takes minutes to install a large app."""

_EXIT = "APPSHARE-EXIT:"
_PIECE = 1 << 16


@dataclass(frozen=True)
class AttachedPhone:
    """A phone that the adb server knows, in the state that adb gives it."""

    serial: str
    state: str

    @property
    def is_ready(self) -> bool:
        """Whether it takes commands."""
        return self.state == _READY


def adb_address() -> tuple[str, int]:
    """Where the adb server listens, by the variables that adb itself reads.

    Raises:
        InputError: a variable is no port.
    """
    host = os.environ.get("ANDROID_ADB_SERVER_ADDRESS") or "127.0.0.1"
    port = os.environ.get("ANDROID_ADB_SERVER_PORT") or "5037"
    if not port.isdecimal():
        raise InputError(f"ANDROID_ADB_SERVER_PORT is no port: {port}")
    return host, int(port)


def is_adb_server_there() -> bool:
    """Whether something listens where the adb server would."""
    try:
        with socket.create_connection(adb_address(), timeout=_PROBE_TIMEOUT):
            return True
    except (OSError, OverflowError):
        return False


def attached_phones() -> list[AttachedPhone]:
    """The phones that the adb server knows.

    Raises:
        FailureError: there is no adb server, or the library for it is not installed.
    """
    with _told_as_failures("the adb server"):
        return [AttachedPhone(each.serial, each.state) for each in _open_server().list()]


def open_phone(serial: str | None, own: str | None = None) -> "AdbPhone":
    """The phone with a serial number, else the user's own, or the only one.

    Args:
        own: the phone that the registration is of. Another one may be somebody else's, whose contacts are not to be
            sent, and on which nothing is to be installed: it has to be named.

    Raises:
        InputError: others are attached; they are its candidates.
        FailureError: none is attached, or it cannot be used yet.
    """
    serial = serial or os.environ.get("ANDROID_SERIAL") or None
    phones = attached_phones()
    if serial is None and own in [each.serial for each in phones]:
        serial = own
    meant = [each for each in phones if serial in (None, each.serial)]
    ready = [each for each in meant if each.is_ready]
    if len(ready) > 1 or (ready and serial is None and own):
        problem = f"your phone {own} is not attached, but others are" if own else "several phones are attached"
        candidates = [each.serial for each in ready]
        raise InputError(f"{problem}; say which with --serial:", candidates=candidates)
    if ready:
        return AdbPhone(ready[0].serial)
    if not meant:
        which = f"no phone {serial} is attached" if serial else "no phone is attached"
        raise FailureError("NO_PHONE", f"{which}; `adb devices` lists them")
    state = meant[0].state
    raise FailureError("PHONE_NOT_READY", f"the phone {meant[0].serial} is {state}: {_STATES.get(state, 'look at it')}")


class AdbPhone:
    """A phone; its commands run in the phone's shell."""

    def __init__(self, serial: str) -> None:
        self._serial = serial

    @property
    def serial(self) -> str:
        """Its serial number."""
        return self._serial

    @property
    def name(self) -> str:
        """The phone by its serial number."""
        return f"the phone {self._serial} on adb"

    def contacts(self) -> CardFile:
        """The phone's contacts that have a number; one that has several is one card."""
        columns = ("lookup", "display_name", "data1")
        people: dict[tuple[str, str], list[str]] = {}
        rows = self._query("content://com.android.contacts/data/phones", columns, "display_name")
        for lookup, name, number in rows:
            people.setdefault((lookup, name), []).append(number)
        cards = (
            Card(line, name, tuple(dict.fromkeys(filter(None, numbers))), lookup)
            for line, ((lookup, name), numbers) in enumerate(people.items(), start=1)
        )
        return CardFile(tuple(cards), ())

    def call_log(self) -> Sequence[RecentPerson]:
        """The people of the call log."""
        return self._recent("content://call_log/calls", ("date", "number", "name"))

    def message_inbox(self) -> Sequence[RecentPerson]:
        """The senders of text messages; the messages themselves are not asked for."""
        return self._recent("content://sms/inbox", ("date", "address"))

    def installed_apps(self) -> Sequence[App]:
        """The apps that the phone's owner has installed."""
        return read_android_apps(self)

    def device_profile(self) -> DeviceProfile:
        """What the phone is."""
        return read_android_profile(self)

    def install(self, paths: Sequence[Path]) -> InstallOutcome:
        """Installs an app as `adb install-multiple` does, without a copy on the phone."""
        with _told_as_failures(self.name):
            has_cmd = "cmd" in _open_server().features(self._serial)
        install_in_session(self, ("cmd", "package") if has_cmd else ("pm",), paths)
        return InstallOutcome.INSTALLED

    def run(self, *words: str) -> str:
        """What a command prints, as `Shell` says."""
        with _told_as_failures(self.name), self._exec(f"{shlex.join(words)}; echo {_EXIT}$?") as connection:
            said = _read_all(connection)
        output, found, code = said.rpartition(_EXIT)
        if not found or not code.strip():
            raise _gone(self.name)
        if code.strip() != "0":
            raise CommandFailedError(f"{self.name} refuses `{words[0]}`: {_reason_in(output)}")
        return output

    def feed(self, path: Path, *words: str) -> str:
        """What a command prints that reads a file, as `Shell` says."""
        with path.open("rb") as content, _told_as_failures(self.name), self._exec(shlex.join(words)) as connection:
            while piece := _read_piece(content):
                connection.sendall(piece)
            said = _read_all(connection)
        if not said:
            raise _gone(self.name)
        return said

    def _query(self, uri: str, columns: Sequence[str], free: str, *more: str) -> Iterator[tuple[str, ...]]:
        text = self.run("content", "query", "--uri", uri, "--projection", ":".join(columns), *more)
        return read_rows(text, columns, free)

    def _recent(self, uri: str, columns: Sequence[str]) -> Sequence[RecentPerson]:
        found = self._query(uri, columns, columns[-1], "--sort", "date DESC")
        rows = sorted(found, key=lambda row: _time(row[0]), reverse=True)
        people = [RecentPerson(number, "".join(name), _time(date)) for date, number, *name in rows[:RECENT_ENTRIES]]
        return each_once(people)

    def _exec(self, command: str) -> AbstractContextManager[socket.socket]:
        server = _open_server()
        opened: AbstractContextManager[socket.socket] = server.execute(self._serial, command, _SILENCE)
        return opened


def _open_server() -> Any:
    try:
        from appshare.device_agent.sources.adb_client import AdbServer  # noqa: PLC0415  # an extra, and slow to import
    except ImportError:
        raise FailureError(
            "NO_ADB", "phones on adb need one more package: pip install 'appshare[adb]' (or `--source file`)"
        ) from None
    host, port = adb_address()
    if not is_adb_server_there():
        raise FailureError("NO_ADB", f"no adb server at {host}:{port}; `adb start-server` starts it")
    return AdbServer(host=host, port=port)


@contextmanager
def _told_as_failures(who: str) -> Iterator[None]:
    """Turns what the library and the connection raise into a failure; errors of files are none of these."""
    try:
        yield
    except FailureError:
        raise
    except (ConnectionError, TimeoutError, EOFError, ValueError) as error:
        raise _gone(who) from error
    except Exception as error:
        if not _is_adb_error(error):
            raise
        if "not found" in str(error) or "closed" in str(error) or "Unknown data" in str(error):
            raise _gone(who) from error
        raise FailureError("PHONE_NOT_READY", f"{who} cannot be used: {' '.join(str(error).split())[:200]}") from error


def _is_adb_error(error: Exception) -> bool:
    from adbutils.errors import AdbError  # noqa: PLC0415  # loaded already where it can be raised

    return isinstance(error, AdbError)


def _gone(who: str) -> FailureError:
    return FailureError("PHONE_GONE", f"{who} is gone; plug it in again and run the same command again")


def _reason_in(output: str) -> str:
    """Why a command failed, without the rows that it printed before: they may be somebody's names and numbers."""
    lines = (line for line in output.splitlines() if not line.startswith("Row: "))
    return " ".join(" ".join(lines).split())[:200]


def _read_all(connection: socket.socket) -> str:
    said = bytearray()
    while piece := connection.recv(_PIECE):
        said += piece
        if len(said) > MOST_OUTPUT:
            raise CommandFailedError(f"the phone says more than {MOST_OUTPUT:,} bytes")
    return said.decode("utf-8", "replace")


def _read_piece(content: Any) -> bytes:
    piece: bytes = content.read(_PIECE)
    return piece


def _time(milliseconds: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
